"""What a report says, section by section, once for all its forms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from planner.report import costs_content, plan_content, worth_content
from planner.report.api_hours import api_hours
from planner.report.assumed import OLD_DAYS, Assumption, From, assumptions_of
from planner.report.sensitivity import Sensitivity, pictures_of
from planner.report.shown import view_of
from planner.report.source import PlanDocument
from planner.report.tables import Column, Kind, Table, table
from planner.terminal.headline import baseline_words, outside_the_total
from planner.terminal.text import MARK, at_most_percent, clean, gap_words, known, money, number, plural
from planner.terminal.view import View


@dataclass(frozen=True)
class Section:
    """A headed part of a report."""

    anchor: str
    heading: str
    sentences: tuple[str, ...] = ()
    bullets: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[str, ...] = ()
    """Names of pictures that belong here, where they are drawn."""


@dataclass(frozen=True)
class Content:
    """Everything that a report says."""

    title: str
    run: str
    horizon: str
    currency: str
    made: date
    sections: tuple[Section, ...]

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables, in the order of reading."""
        return tuple(table for section in self.sections for table in section.tables)


def content_of(document: PlanDocument, today: date, sensitivity: Sensitivity | None = None) -> Content:
    """The report of a plan. `today` is the day from which ages of prices are counted; `sensitivity`: of its sweep."""
    view, apis = view_of(document), api_hours(document)
    tokens = float(document.table("api_use")[["input_tokens", "output_tokens"]].to_numpy().sum())
    assumed = assumptions_of(document, today)
    sections = (
        Section("recommendation", "Recommendation", plan_content.recommendation(view, tokens)),
        plan_section("now", "What to do now", plan_content.now_words(view), plan_content.now(view)),
        Section(
            "total",
            "What it costs, and what it saves",
            _total(view),
            tuple(baseline_words(row, view) for row in view.baselines),
            (costs_content.savings(document, view),),
            ("cumulative-cost",),
        ),
        Section(
            "schedule",
            "Schedule",
            tables=(*_present(plan_content.decisions(view)), plan_content.schedule(view, apis)),
            pictures=("timeline", "capacity"),
        ),
        Section(
            "load",
            "How the load is carried",
            ("Peaks last a few hours, the base runs always: what is held carries the base, what is rented the peaks.",),
            tables=_present(plan_content.use(view, apis)),
            pictures=("load-duration",),
        ),
        Section(
            "costs",
            "Costs",
            tables=(
                costs_content.components(view),
                *_present(costs_content.details(document)),
                costs_content.by_period(view),
                costs_content.workloads(view),
            ),
            pictures=("components",),
        ),
        Section(
            "options",
            "Options considered",
            tables=(costs_content.options(document, view),),
            pictures=("screening",),
        ),
        Section("why", "Why", bullets=view.reasons),
        _worth(document),
        _assumptions(assumed, view),
        Section(
            "obligations",
            "Obligations after the end",
            () if view.obligations else ("Nothing is owed after the end of the horizon.",),
            tables=_present(costs_content.obligations(view)),
        ),
        _sureness(document, view, sensitivity),
        Section(
            "warnings",
            "Warnings",
            () if view.warnings else ("None.",),
            bullets=view.warnings,
        ),
    )
    return Content(
        title=clean(view.name) or clean(view.run),
        run=clean(view.run),
        horizon=plan_content.horizon(view),
        currency=clean(view.currency),
        made=today,
        sections=tuple(part for part in sections if part.sentences or part.bullets or part.tables),
    )


def plan_section(anchor: str, heading: str, sentences: tuple[str, ...], made: Table | None) -> Section:
    """A section with at most one table."""
    return Section(anchor, heading, sentences, tables=_present(made))


def _present(*tables: Table | None) -> tuple[Table, ...]:
    return tuple(made for made in tables if made is not None and made.rows)


def _total(view: View) -> tuple[str, ...]:
    undiscounted = sum(row.amount for row in view.costs)
    rate = view.discount_rate
    how = "discounted" if rate is None else f"discounted at {rate * 100:g} % a year" if rate else "not discounted"
    total = f"The plan costs {money(view.total_cost, view.currency)}, {how}"
    total += f"; undiscounted {money(undiscounted, view.currency)}." if rate != 0 else "."
    return (total, *(f"{text}." for text in outside_the_total(view)))


def _assumptions(assumed: Iterable[Assumption], view: View) -> Section:
    """Every figure with its source and age."""
    rows = list(assumed)
    columns = (
        *(Column(head) for head in ("Figure", "Value", "Unit", "From", "Source", "As of")),
        Column("Age (days)", Kind.COUNT),
        Column("Note"),
    )
    cells = [
        (
            row.key,
            row.value,
            row.unit.replace("currency", clean(view.currency)),
            f"{row.origin.value}{'' if row.origin is From.FILE else ' ' + MARK}",
            row.source,
            row.as_of,
            None if row.age_days is None else float(row.age_days),
            f"price older than {OLD_DAYS} days" if row.is_old else "",
        )
        for row in rows
    ]
    old, undated = sum(row.is_old for row in rows), sum(row.is_price and row.age_days is None for row in rows)
    given = sum(row.origin is From.FILE for row in rows)
    sentences = [
        f"{plural(len(rows), 'figure')}: {given} from your files, {len(rows) - given} from the catalogue or defaults "
        f"({MARK})."
    ]
    if old:
        sentences.append(f"{plural(old, 'price')} {'is' if old == 1 else 'are'} older than {OLD_DAYS} days.")
    if undated:
        sentences.append(f"{plural(undated, 'price')} without a date: how old they are is not known.")
    made = table("assumptions", "Every figure that the plan rests on", columns, cells)
    return Section("assumptions", "What it assumes", tuple(sentences), tables=_present(made))


def _worth(document: PlanDocument) -> Section:
    """Marginal values, where the plan has some."""
    tables = _present(worth_content.demand(document), worth_content.others(document))
    return Section("worth", "What one more is worth", worth_content.SENTENCES if tables else (), tables=tables)


def _sureness(document: PlanDocument, view: View, sensitivity: Sensitivity | None) -> Section:
    """Gap, bound and audit, and what a sweep of other assumptions says."""
    head = document.head
    words = gap_words(view.status, view.gap)
    bound = f"No plan costs less than {money(head.bound, view.currency)}." if known(head.bound) else ""
    gap = f"The gap is {at_most_percent(view.gap)} of the cost." if known(view.gap) else ""
    checks = head.audit.checks
    failed = sum(not check.passed for check in checks)
    audit = f"An independent audit recomputed it by the hour: {plural(len(checks), 'check')}, {number(failed)} failed."
    rows = [(check.name, "passed" if check.passed else "FAILED", check.detail) for check in checks]
    made = table("audit", "Audit", (Column("Check"), Column("Result"), Column("Detail")), rows)
    sentences = [f"{words[:1].upper()}{words[1:]}.", bound, gap, audit]
    if sensitivity is None:
        sentences.append("No sweep over other prices was made: how the plan changes with them is not known from it.")
    else:
        sentences += ["A sweep over other assumptions was made.", *sensitivity.sentences]
    said = tuple(clean(text) for text in sentences if text)
    return Section("sure", "How sure it is", said, tables=_present(made), pictures=tuple(pictures_of(sensitivity)))
