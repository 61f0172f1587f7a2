"""The first screen: what the plan costs, how good it is, what to do now."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from planner.terminal.blocks import bullets, indented, line, section
from planner.terminal.schedule import commitment_words, order_words, promise_words, sale_words
from planner.terminal.text import at_most_percent, clean, gap_words, gpu_hours, known, money, number, percent, plural
from planner.terminal.view import Baseline, Commitment, Order, Promise, Sale, View

Decision = Order | Commitment | Promise | Sale

_NEXT_SHOWN = 3

_WORTH_SAYING = 1e-3
"""Gap of a baseline from which it is told."""


def headline(view: View) -> RenderableType:
    """Name, total, gap in words, saving against each baseline."""
    title = f"Plan {view.run}" + (f": {view.name}" if view.name else "")
    total = Text.assemble(("Total cost ", "bold"), (money(view.total_cost, view.currency), "bold green"))
    total.append(clean(f", {_discounting(view)}"))
    parts: list[RenderableType] = [Text(clean(title), style="bold", overflow="fold"), line(_horizon(view)), Text("")]
    parts += [total, line(_first_upper(gap_words(view.status, view.gap)))]
    parts += [line(f"Audit passed: {plural(view.checks, 'check')}, hour by hour")] if view.checks else []
    parts += [line(text, "bold red") for text in _unserved(view)]
    parts += [line(text) for text in outside_the_total(view)]
    parts.append(indented(bullets(baseline_words(baseline, view) for baseline in view.baselines)))
    return Group(*parts)


def _horizon(view: View) -> str:
    periods = view.periods
    if not periods:
        return ""
    begin, end = view.calendar.begins(0), view.calendar.begins(len(periods))
    between = f"{begin:%Y-%m-%d} to {end:%Y-%m-%d}" if (begin.hour, end.hour) == (0, 0) else f"{begin} to {end}"
    return f"{periods[0]} … {periods[-1]}, {plural(len(periods), view.calendar.unit.value)}: {between}"


def _discounting(view: View) -> str:
    undiscounted = money(sum(cost.amount for cost in view.costs), view.currency)
    rate = view.discount_rate
    if rate is None:
        return f"discounted ({undiscounted} undiscounted)"
    mark = view.marks.key("finance.discount_rate")
    if rate == 0:
        return "not discounted"
    return f"discounted at {percent(rate)}{mark} a year ({undiscounted} undiscounted)"


def outside_the_total(view: View) -> list[str]:
    """What the total takes for granted, or leaves out: resale, and what terms cost beyond the end."""
    resale = -sum(cost.amount for cost in view.costs if cost.component == "resale")
    left_out = sum(row.amount or 0.0 for row in view.obligations if "not in the plan's cost" in row.what)
    credit = f"Includes a credit of {money(resale, view.currency)} for hardware that is sold, or worth this at the end"
    texts = [credit] if resale > 0 else []
    later = f"Not included: {money(left_out, view.currency)} that terms cost beyond the end (listed below)"
    return [*texts, *([later] if left_out > 0 else [])]


def _unserved(view: View) -> list[str]:
    totals: dict[str, float] = {}
    for by_workload in view.unserved.values():
        for workload, hours in by_workload.items():
            totals[workload] = totals.get(workload, 0.0) + hours
    missed = ((name, gpu_hours(hours)) for name, hours in totals.items() if hours > 0)
    return [f"Unserved: {hours} reference GPU-hours of {name}" for name, hours in missed]


def baseline_words(baseline: Baseline, view: View) -> str:
    """`saves 412,000 USD (13.9 %) against all on-demand (2,961,847 USD)`, or why there is no such plan."""
    if not known(baseline.total_cost):
        return f"no plan for {baseline.name}: {baseline.reason or 'the reason is not known'}"
    total = baseline.total_cost or 0.0
    saving = baseline.saving if known(baseline.saving) else total - view.total_cost
    share = f" ({percent(abs(saving or 0.0) / abs(total))})" if total else ""
    proven = f", proven to {at_most_percent(baseline.gap)}" if baseline.gap and baseline.gap > _WORTH_SAYING else ""
    against = f"{baseline.name} ({money(total, view.currency)}{proven})"
    if abs(saving or 0.0) <= 1e-9 * max(abs(total), 1.0):
        return f"costs the same as {against}"
    unproven = view.gap * abs(view.total_cost) + (baseline.gap or 0.0) * abs(total)
    if abs(saving or 0.0) <= unproven:
        return f"costs the same as {against}, within the gaps that are proven"
    amount = money(abs(saving or 0.0), view.currency)
    verb = "saves" if (saving or 0.0) > 0 else "costs"
    return f"{verb} {amount}{share} {'against' if verb == 'saves' else 'more than'} {against}"


def order_now(view: View) -> RenderableType:
    """What to order and commit to in the first period that has anything, by when, and what comes next in one line."""
    decisions: Sequence[Decision] = (*view.orders, *view.commitments, *view.promises, *view.sales)
    by_period: dict[str, list[Decision]] = {}
    for decision in decisions:
        by_period.setdefault(decision.period, []).append(decision)
    periods = sorted(by_period, key=view.periods.index)
    if not periods:
        nothing = "Nothing to buy and nothing to commit to: what is not held already is rented by the hour."
        return section("What to order", line(nothing))
    first = periods[0]
    title = f"What to order now: {first}, by {_by_when(view, first)}"
    parts: list[RenderableType] = [bullets(decision_words(view, decision) for decision in by_period[first])]
    if len(periods) > 1:
        parts.append(line(_next(view, [(period, by_period[period]) for period in periods[1:]])))
    return section(title, *parts)


def decision_words(view: View, decision: Decision) -> str:
    """The order with its sum: `…: 2 × 302,000 USD = 604,000 USD`."""
    if isinstance(decision, Promise):
        return f"{promise_words(view, decision)}: {money(decision.cost, view.currency)} over its term"
    if isinstance(decision, Sale):
        return sale_words(view, decision)
    what = order_words(view, decision) if isinstance(decision, Order) else commitment_words(view, decision)
    if not decision.count:
        return what
    each = money(decision.cost / decision.count, view.currency)
    return f"{what}: {number(decision.count)} × {each} = {money(decision.cost, view.currency)}"


def _by_when(view: View, label: str) -> str:
    period = view.periods.index(label)
    return f"{view.calendar.begins(period):%Y-%m-%d}"


def _next(view: View, later: Sequence[tuple[str, Sequence[Decision]]]) -> str:
    shown = [
        f"{period} {', '.join(_short(view, decision) for decision in group)}" for period, group in later[:_NEXT_SHOWN]
    ]
    more = len(later) - len(shown)
    tail = f"; and in {plural(more, 'further period')}" if more > 0 else ""
    return f"Next: {'; '.join(shown)}{tail}"


def _short(view: View, decision: Decision) -> str:
    if isinstance(decision, Promise):
        return f"{money(decision.amount_per_hour, view.currency)} an hour to {decision.name}"
    if isinstance(decision, Sale):
        return f"sell {number(decision.count)} × {decision.server}"
    if isinstance(decision, Order):
        name = f"{decision.server}{view.marked('server', decision.server, decision.site)}"
    else:
        name = f"{decision.offer} {decision.option}{view.marked('reserved', decision.offer, decision.option)}"
    return f"{number(decision.count)} × {name} ({plural(decision.gpus, 'GPU')})"


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
