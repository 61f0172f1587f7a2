"""From a prepared instance to a certified plan, and to its hourly operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hybrid_lp.certify import Certified, Round, Settings, certify_again
from hybrid_lp.holdings import Holdings
from hybrid_lp.memory import Memory
from hybrid_lp.merge import merge

from planner.prepare import Prepared
from planner.replay import Replay, used_supplies


@dataclass(frozen=True)
class Solved:
    """What the programme found."""

    certified: Certified
    replay: Replay | None
    """None when there is no plan."""


def optimise(
    prepared: Prepared,
    names: tuple[str, ...],
    settings: Settings,
    watch: Callable[[Round], None] = lambda _: None,
    start: Holdings | None = None,
) -> Solved:
    """Merge what is equal, certify, and keep what is needed to replay the hours. names[workload].

    start: orders of a plan of like inputs, with which the search begins.
    """
    merged, membership = merge(prepared.instance)
    begin = None if start is None else Memory.of_orders(merged, start)
    certified, operator, memory = certify_again(merged, settings, begin, watch)
    if not certified.operations:
        return Solved(certified, None)
    used = used_supplies(prepared, membership, certified)
    replay = Replay(prepared, names, merged, membership, operator, certified, used, memory)
    return Solved(certified, replay)
