"""The answers of a sweep as text, and as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from planner.sweep.answers import QUANTILES, Answers, Regret, Spread, Swing
from planner.terminal.text import clean, money, number, percent, plural

_SHOWN = 12
"""Lines of a list; the frame has all."""


def as_json(answers: Answers) -> dict[str, Any]:
    """Plain values; what is infinite is null."""
    content = asdict(answers)
    content["base"] = {name: value for name, value in content["base"].items() if name != "orders"}
    plain: dict[str, Any] = _finite(content)
    return {"schema": "hybrid-sweep-answers/1", "quantiles": list(QUANTILES)} | plain


def as_text(answers: Answers) -> str:
    """Sentences, then tables."""
    blocks = [list(sentences(answers))]
    blocks += [_steps(name, answers) for name in answers.steps]
    blocks += [_switches(answers)] if answers.steps else []
    blocks += [_spreads(answers)] if answers.spreads else []
    blocks += [_swings(answers)] if answers.swings else []
    blocks += [_regrets(answers)] if answers.regrets else []
    return "\n\n".join("\n".join(block) for block in blocks)


def sentences(answers: Answers) -> tuple[str, ...]:
    """What the sweep says, in short."""
    base = answers.base
    lines = [f"The run: {_money(base.total_cost, answers)}, {_counts(base.servers, base.commitments)}."]
    if answers.failed:
        have = "rerun has" if answers.failed == 1 else "reruns have"
        lines.append(f"{answers.failed} {have} no plan: the column `reason` says why.")
    if answers.swings:
        swing = answers.swings[0]
        lines.append(f"What moves the cost most: {clean(swing.assumption)}.")
    if answers.regrets:
        least = answers.regrets[0]
        lines.append(
            f"Least regretted over {plural(answers.draws, 'draw')}: {_plan_words(least)}, "
            f"which costs {_worst(least, answers)} more than the best plan of a draw at worst, "
            f"{_money(least.mean, answers)} on average."
        )
    return tuple(lines)


def _steps(name: str, answers: Answers) -> list[str]:
    rows = [["value", "total cost", "servers", "instances"]]
    rows += [
        [value_words(step.value), _money(step.total_cost, answers), number(step.servers), number(step.commitments)]
        for step in answers.steps[name]
    ]
    return [f"{clean(name)}, {others(answers, name)}", *_table(rows)]


def others(answers: Answers, *names: str) -> str:
    """Where all but these assumptions rest: `the others as in the run`, or `the others as in the run, but x at 3`."""
    rests = [rest for rest in answers.rests if rest.assumption not in names and not rest.is_unchanged]
    moved = " and ".join(f"{clean(rest.assumption)} at {_factor(rest.value, rest.is_relative)}" for rest in rests)
    return f"the others as in the run, but {moved}" if moved else "the others as in the run"


def _factor(value: float, is_relative: bool) -> str:
    return f"{'*' if is_relative else ''}{value_words(value)}"


def value_words(value: float) -> str:
    """A factor or a figure; figures are large at times.

    >>> value_words(0.75), value_words(306000.0)
    ('0.75', '306,000')
    """
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"


def _switches(answers: Answers) -> list[str]:
    switches = answers.switches
    several = len(answers.rests) > 1
    if not switches:
        alone = " of each assumption alone" if several else ""
        return [f"The plan is the same at every step{alone}."]
    rests = ", ".join(f"{clean(rest.assumption)} {_factor(rest.value, rest.is_relative)}" for rest in answers.rests)
    lines = [f"Where the plan changes{f', each moved alone from {rests}' if several else ''}"]
    for switch in switches[:_SHOWN]:
        changes = [f"{change:+.4g} {clean(label)}" for label, change in switch.changes.items()] or ["other periods"]
        between = f"from {value_words(switch.low)} to {value_words(switch.high)}"
        lines.append(f"  {clean(switch.assumption)} {between}: {', '.join(changes)}")
    if len(switches) > _SHOWN:
        lines.append(f"  and {len(switches) - _SHOWN} more")
    return lines


def _spreads(answers: Answers) -> list[str]:
    def shown(spread: Spread, value: float) -> str:
        match spread.what:
            case "total cost":
                return _money(value, answers)
            case "cloud share":
                return percent(value)
        return number(value)

    rows = [["", "run", "mean", *(f"{quantile:.0%}" for quantile in QUANTILES)]]
    for spread in answers.spreads:
        rows.append([spread.what, *(shown(spread, value) for value in (spread.base, spread.mean, *spread.quantiles))])
    return [f"Over {plural(answers.draws, 'draw')}", *_table(rows)]


def _swings(answers: Answers) -> list[str]:
    widest = max((swing.width for swing in answers.swings if math.isfinite(swing.width)), default=0.0)
    rows = [["assumption alone", "from", "to", "cost", "cost", ""]]
    for swing in answers.swings[:_SHOWN]:
        costs = [_money(cost, answers) for cost in (swing.cost_at_low, swing.cost_at_high)]
        rows.append(
            [clean(swing.assumption), value_words(swing.low), value_words(swing.high), *costs, _bar(swing, widest)]
        )
    return ["What moves the cost most", *_table(rows)]


def _bar(swing: Swing, widest: float) -> str:
    return "█" * max(round(20 * swing.width / widest), 1) if widest and math.isfinite(swing.width) else ""


def _regrets(answers: Answers) -> list[str]:
    rows = [["plan", "servers", "instances", "mean regret", "worst regret", "within 1 %"]]
    for regret in answers.regrets[:_SHOWN]:
        name = "the run's" if regret.of == 0 else f"of draw {regret.of}"
        counts = [number(regret.servers), number(regret.commitments)]
        amounts = [_money(regret.mean, answers), _worst(regret, answers)]
        rows.append([name, *counts, *amounts, percent(regret.within_1_percent)])
    return ["Each plan, kept at every draw", *_table(rows)]


def _plan_words(regret: Regret) -> str:
    name = "the run's plan" if regret.of == 0 else f"the plan of draw {regret.of}"
    return f"{name} ({_counts(regret.servers, regret.commitments)})"


def _worst(regret: Regret, answers: Answers) -> str:
    return _money(regret.worst, answers) if math.isfinite(regret.worst) else "no plan"


def _counts(servers: float, commitments: float) -> str:
    return f"{plural(servers, 'server')} ordered, {plural(commitments, 'instance')} committed"


def _money(amount: float | None, answers: Answers) -> str:
    finite = amount is not None and math.isfinite(amount)
    return money(amount, answers.currency) if finite else "no plan"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return lines


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
