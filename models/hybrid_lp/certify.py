"""The plan of least cost with its proof: what callers of the mathematics use (the search itself: `search`, `loop`)."""

from __future__ import annotations

from collections.abc import Callable

from hybrid_lp.build import Cut
from hybrid_lp.holdings import Holdings
from hybrid_lp.instance import Instance
from hybrid_lp.memory import Memory
from hybrid_lp.operate import Operator
from hybrid_lp.proof import Certified, Mixed, Path, Priced, Round, Settings, Status, relative_gap
from hybrid_lp.search import Search

__all__ = [
    "Certified",
    "Mixed",
    "Path",
    "Priced",
    "Pricer",
    "Round",
    "Settings",
    "Status",
    "certify",
    "certify_again",
    "relative_gap",
]


def certify(
    instance: Instance,
    settings: Settings,
    watch: Callable[[Round], None] = lambda _: None,
    cuts: tuple[Cut, ...] = (),
) -> tuple[Certified, Operator]:
    """The plan of least cost within `settings.gap`, and the operator that can replay its hours.

    cuts: of an instance that differs in what orders cost and in nothing else, to begin with.
    """
    search = Search(instance, settings, watch, cuts=cuts)
    return search.run(), search.loop.operator


def certify_again(
    instance: Instance, settings: Settings, memory: Memory | None, watch: Callable[[Round], None] = lambda _: None
) -> tuple[Certified, Operator, Memory]:
    """The same, beginning with what the search of a like instance left (None: with nothing); and what this one leaves.

    The same instance and memory give the same plan.
    """
    cuts = () if memory is None else memory.cuts_of(instance)
    search = Search(instance, settings, watch, memory, cuts)
    certified = search.run()
    return certified, search.loop.operator, search.remembered(certified.cuts)


class Pricer:
    """Prices given holdings of one instance."""

    def __init__(self, instance: Instance, settings: Settings, memory: Memory | None = None) -> None:
        self._search = Search(instance, settings, lambda _: None, memory)

    def __call__(self, holdings: Holdings) -> Priced:
        """Their cost, and their cuts."""
        return self._search.priced(holdings)
