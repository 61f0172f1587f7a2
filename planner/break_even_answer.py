"""From assumptions to the table of break-evens: reading, what is compared, and the answer as a DataFrame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf, isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from planner.assumptions.figures import unwrap, wrap
from planner.assumptions.load import load
from planner.assumptions.loaded import Loaded
from planner.assumptions.schema import Workload
from planner.break_even import Comparison, Outcome, Terms, comparisons, periods_needed
from planner.catalogue.reader import catalogue
from planner.dispatch import SupplyKind
from planner.economics import Flows
from planner.forecast.demand import Mix
from planner.problems import InputError, Problem, nearest
from planner.steady_case import Work, first_moment, gpu_hours_of, steady_case

if TYPE_CHECKING:
    import pandas as pd

MOST_HOURS_PER_MONTH = 744.0
Assumed = str | Path | Mapping[str, object] | None


@dataclass(frozen=True)
class Question:
    """What is asked."""

    name: str = ""
    """Only comparisons whose option, GPU or rival has this in its name, in any case of the letters."""
    workload: str | None = None
    """Compared across GPUs by its speeds; None: GPU-hours of the same GPU, or all workloads of the forecast."""
    tokens: tuple[float, float] | None = None
    """Input and output tokens, of a request or in any other amounts: only their ratio counts."""
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True)
class Answer:
    """Every comparison, and what was assumed."""

    loaded: Loaded
    terms: Terms
    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...]
    """What is left out, and why."""


def breakeven(
    assumptions: Assumed = None,
    name: str = "",
    *,
    workload: str | None = None,
    tokens: tuple[float, float] | None = None,
    forecast: str | Path | pd.DataFrame | None = None,
    months: float | None = None,
    hours_per_month: float = Terms.hours_per_month,
    flows: Flows | str = Flows.YEAR_END,
) -> pd.DataFrame:
    """When owning or committing pays: a row for every option that is held against every one that is rented.

    assumptions: a file, a mapping of the same form, or None for the catalogue's defaults. name: only rows with this in
    the name of option, GPU or rival. workload: compare across GPUs by the speeds of this workload, of the assumptions
    or the catalogue; without it GPU-hours of the same GPU. tokens: input and output tokens of a request, for APIs.
    forecast: in place of both, its workloads and their tokens. months: hold for so long at most; default: the lifetime
    or term. hours_per_month: of full work, for the months to pay back. flows: how discounted money is counted,
    `year_end` or, as a plan does, `period_middle`.

    Money is currency per unit (upfront, fixed_per_year) or per GPU-hour, of the reference GPU where there is one.
    Columns that begin with discounted_ are at the assumptions' rate. Raises InputError when something is wrong.
    """
    problems = _call_problems(months, hours_per_month, flows, tokens)
    if problems:
        raise InputError(problems)
    terms = Terms(months, hours_per_month, Flows(flows))
    return frame(answer(assumptions, Question(name, workload, tokens, terms), forecast))


def answer(assumptions: Assumed, question: Question, forecast: str | Path | pd.DataFrame | None = None) -> Answer:
    """Read, compare, choose. Raises InputError with everything that is wrong."""
    loaded, works, start = _read(assumptions, question, forecast)
    periods = periods_needed(loaded.assumptions, question.terms)
    every = [each for work in works for each in comparisons(steady_case(loaded, work, start, periods), question.terms)]
    found = [each for each in every if _named(each, question.name)]
    if question.name and not found:
        known = dict.fromkeys(part for each in every for part in _names(each))
        fix = nearest(question.name, known) or "without a name all are listed"
        expected = "a part of the name of an option, a GPU or a rival that is compared"
        raise InputError([Problem("breakeven", "", f"'{question.name}'", expected, fix)])
    return Answer(loaded, question.terms, tuple(found), tuple(_notes(loaded, works, every, question)))


def frame(found: Answer) -> pd.DataFrame:
    """The comparisons as a table; figures that do not exist are infinite, `never` is empty where holding can pay."""
    import pandas as pd

    return pd.DataFrame([_row(each) for each in found.comparisons], columns=list(_COLUMNS))


def _row(each: Comparison) -> list[object]:
    unit = each.held
    what: list[object] = [
        each.work,
        each.reference_gpu,
        kind_of(each),
        unit.supply.label,
        unit.gpu,
        unit.gpus,
        unit.usable_gpus,
    ]
    what += [each.rented.kind.value, each.rented.label, unit.years, unit.upfront]
    return [*what, *_figures(each.undiscounted), *_figures(each.discounted)]


def kind_of(each: Comparison) -> str:
    """How the option is held; what is drawn stands for the spend commitment."""
    kind = each.held.supply.kind
    return (SupplyKind.SPEND_COMMITMENT if kind is SupplyKind.DRAWN else kind).value


_FIGURES = (
    "fixed_per_year", "fixed_per_gpu_hour", "running_per_gpu_hour", "rented_per_gpu_hour", "hours_per_year",
    "utilisation", "payback_hours", "payback_months", "never",
)  # fmt: skip
_COLUMNS = (
    "work", "reference_gpu", "kind", "option", "gpu", "gpus", "usable_gpus", "against_kind", "against",
    "years", "upfront",
    *_FIGURES, *(f"discounted_{figure}" for figure in _FIGURES),
)  # fmt: skip


def _figures(outcome: Outcome) -> list[object]:
    """In the order of _FIGURES."""
    return [
        outcome.fixed_per_year,
        outcome.fixed_per_hour,
        outcome.running_per_hour,
        outcome.rented_per_hour,
        outcome.hours_per_year,
        outcome.utilisation,
        outcome.payback_hours,
        outcome.payback_months,
        "" if outcome.never is None else outcome.never.value,
    ]


def _call_problems(
    months: float | None, hours_per_month: float, flows: Flows | str, tokens: tuple[float, float] | None
) -> list[Problem]:
    """What is wrong with the call of the Python API; the command refuses the same by its options."""
    problems = []
    if months is not None and not 0 < months < inf:
        problems.append(Problem("", "months", f"{months:g}", "a number of months above 0"))
    if not 0 < hours_per_month <= MOST_HOURS_PER_MONTH:
        expected = f"hours above 0, at most {MOST_HOURS_PER_MONTH:g}"
        problems.append(Problem("", "hours_per_month", f"{hours_per_month:g}", expected))
    if flows not in list(Flows):
        problems.append(Problem("", "flows", f"'{flows}'", " or ".join(Flows)))
    if tokens is not None and not (all(0 <= each < inf for each in tokens) and sum(tokens) > 0):
        problems.append(Problem("", "tokens", str(tokens), "input and output tokens, 0 or more, not both 0"))
    return problems


def _read(
    assumptions: Assumed, question: Question, forecast: str | Path | pd.DataFrame | None
) -> tuple[Loaded, list[Work], pd.Timestamp]:
    """Assumptions, what options are compared by, and when the comparison begins."""
    if forecast is not None:
        return _with_forecast(assumptions, question, forecast)
    loaded = load(assumptions, None)
    if question.workload is None:
        if question.tokens is not None:
            expected = "a workload, whose throughput says how many tokens a GPU-hour is"
            raise InputError([Problem("", "workload", "", expected, "tokens matter only with one")])
        return loaded, _same_gpus(loaded), first_moment(loaded)
    workload = _workload(question.workload, loaded)
    mix = Mix() if question.tokens is None else Mix(*question.tokens)
    return loaded, [Work(question.workload, workload, mix)], first_moment(loaded)


def _with_forecast(
    assumptions: Assumed, question: Question, forecast: str | Path | pd.DataFrame
) -> tuple[Loaded, list[Work], pd.Timestamp]:
    """The workloads of a forecast, with their tokens. Raises InputError with every problem of both files."""
    from planner.api import read_inputs

    inputs = read_inputs(forecast, assumptions)
    demand, known = inputs.demand, inputs.loaded.assumptions.workloads or {}
    if question.workload is not None and question.workload not in demand.workloads:
        fix = nearest(question.workload, demand.workloads)
        expected = f"a workload of the forecast {inputs.forecast.file}"
        raise InputError([Problem("", "workload", f"'{question.workload}'", expected, fix)])
    wanted = demand.workloads if question.workload is None else (question.workload,)
    stated = None if question.tokens is None else Mix(*question.tokens)
    works = [Work(name, known[name], demand.mix[name] if stated is None else stated) for name in wanted]
    return inputs.loaded, works, demand.calendar.start


def _same_gpus(loaded: Loaded) -> list[Work]:
    """A GPU-hour of each GPU that is bought or sold, by name."""
    owned = {server.gpu for server in loaded.assumptions.servers.values()}
    gpus = sorted(owned | {offer.gpu for offer in loaded.assumptions.cloud.values()})
    others = {*loaded.gpus, *gpus}
    return [gpu_hours_of(gpu, others) for gpu in gpus]


def _workload(name: str, loaded: Loaded) -> Workload:
    """An entry of the assumptions, else the catalogue's profile."""
    given, profiles = loaded.assumptions.workloads or {}, catalogue().workloads
    if name in given:
        return given[name]
    if name in profiles:
        profile, _ = wrap(dict(profiles[name]), "catalogue", catalogue=True)
        return Workload.model_validate(unwrap(profile))
    fix = nearest(name, [*given, *profiles])
    expected = "a workload of the assumptions or the catalogue"
    raise InputError([Problem(loaded.file, "workload", f"'{name}'", expected, fix)])


def _names(each: Comparison) -> tuple[str, ...]:
    return each.held.supply.label, each.held.gpu, each.rented.label, each.work


def _named(each: Comparison, name: str) -> bool:
    return any(name.casefold() in part.casefold() for part in _names(each))


def _notes(loaded: Loaded, works: list[Work], every: list[Comparison], question: Question) -> Iterator[str]:
    """What a reader may miss."""
    assumptions = loaded.assumptions
    if assumptions.apis and not any(work.has_tokens for work in works):
        names = ", ".join(f"apis.{name}" for name in assumptions.apis)
        yield f"{names}: compared only with a workload and its tokens (--workload NAME --tokens IN:OUT, or --forecast)"
    compared = {each.work for each in every}
    alone = [work.name for work in works if work.name not in compared]
    if alone and not question.name:
        across = "" if question.workload else "; a workload compares across GPUs (--workload NAME)"
        yield f"{', '.join(alone)}: not compared, as there is nothing to hold, or nothing to rent, for it{across}"
    places = {each.held.supply.place for each in every if each.held.supply.kind is SupplyKind.SERVER}
    costly = [f"sites.{name}" for name, site in assumptions.sites.items() if site.setup_cost > 0 and name in places]
    if costly:
        yield f"{', '.join(costly)}: the set-up cost is left out, as it is paid once for all servers"
    offers = assumptions.cloud.values()
    changing = any(offer.price_trend_per_year for offer in offers) or bool(loaded.price_files)
    if changing:
        yield (
            "prices change over time (trends, files): orders are at those of the first period, hours at their mean "
            "over the years held; after its end a file's last price holds"
        )
    if any(each.rented.kind is SupplyKind.DRAWN for each in every):
        yield "hours drawn from a spend commitment count at its rate, as long as all the money promised is used"


def finite(value: object) -> object:
    """As JSON: nothing in place of what is infinite."""
    return None if isinstance(value, float) and not isfinite(value) else value
