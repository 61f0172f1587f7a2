"""At which price an option that a plan does not use would enter it: found, and confirmed, by the same programme.

Let z be the least cost without the option, and let some plan that uses it cost A + f·B when its price is f times
today's. That plan is better than z below f = (z − A)/B, its *tie*. Solving at f gives a plan; solving just above the
tie of that plan gives a better one, or shows that there is none (Dinkelbach 1967). This holds whether or not units are
whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hybrid_lp.certify import Certified, Settings, Status, certify_again
from hybrid_lp.holdings import fixed_cost
from hybrid_lp.instance import Budget, Floats, Instance
from hybrid_lp.marginals import Marginals
from hybrid_lp.memory import Memory
from hybrid_lp.merge import Membership, merge

MARGIN = 0.01
"""A price is confirmed by solving this share below it and this share above it."""

MOST_TRIALS = 13
"""Solves after which the search for a price gives up."""

USED = 1e-9
"""Share of all work below which what runs on an option is rounding."""

NEARLY_FREE = 1e-3
"""Share of today's price below which an option is as good as free."""


@dataclass(frozen=True)
class PricedOption:
    """An instance in which one option may have any price: every cost is affine in it."""

    instance: Instance
    """At today's price."""
    free: Instance
    """At price 0; the same otherwise."""
    supply: int
    pool: int | None
    """The pool of `supply`; None for markets."""

    @property
    def is_drawn(self) -> bool:
        """Is it drawn from a commitment, so that its price is a coefficient rather than a cost?"""
        return any(draw.supply == self.supply for draw in self.instance.draws)

    def at(self, factor: float) -> Instance:
        """The instance at `factor` times today's price."""
        now, free = self.instance, self.free

        def mixed(here: Floats, there: Floats) -> Floats:
            return there + factor * (here - there)

        def budget(here: Budget, there: Budget) -> Budget:
            pairs = ((here.order_weights, there.order_weights), (here.run_weights, there.run_weights))
            order, run = (None if a is None or b is None else mixed(a, b) for a, b in pairs)
            return replace(here, order_weights=order, run_weights=run)

        return replace(
            now,
            order_cost=mixed(now.order_cost, free.order_cost),
            sale_change={k: mixed(change, free.sale_change[k]) for k, change in now.sale_change.items()},
            running_cost=mixed(now.running_cost, free.running_cost),
            budgets=tuple(budget(a, b) for a, b in zip(now.budgets, free.budgets, strict=True)),
            draws=tuple(
                replace(a, rate=b.rate + factor * (a.rate - b.rate)) for a, b in zip(now.draws, free.draws, strict=True)
            ),
        )

    def spent(self, membership: Membership, certified: Certified) -> float:
        """B: discounted cost of a plan that is in proportion to the option's price, at today's."""
        holdings = certified.holdings
        cost = fixed_cost(self.instance, holdings) - fixed_cost(self.free, holdings)
        if self.pool is None:
            per_hour = (self.instance.running_cost - self.free.running_cost)[:, :, self.supply]
            merged, period = int(membership.supply_of[self.supply]), self.instance.period_of_class
            for mixed in certified.operations:
                run = mixed.operation.run_gpu_hours[:, :, merged].sum(axis=1)
                # Merged workloads have equal costs wherever they can run.
                price = _of_any(per_hour, self.instance.effectiveness[:, self.supply] > 0)
                cost += float((self.instance.discount_middle * mixed.share)[period] @ (run * price))
        return cost

    def uses(self, membership: Membership, certified: Certified) -> bool:
        """Does a plan order it, or run anything on it?"""
        if self.pool is not None:
            return bool(certified.orders[self.pool].any())
        hours = certified.run_gpu_hours[:, int(membership.supply_of[self.supply])].sum()
        return bool(hours > USED * self.instance.demand.sum())


def _of_any(per_hour: Floats, able: np.typing.NDArray[np.bool_]) -> Floats:
    """price[class] of the workloads that can run there: the price of hours is the same for all of them."""
    price: Floats = per_hour[:, able].max(axis=1, initial=0.0)
    return price


@dataclass(frozen=True)
class Trial:
    """What a solve at some price says."""

    used: bool
    tie: float | None
    """The price below which the plan found is better than without the option; None where it is not used, or where its
    cost is not in proportion to the price."""
    sure: bool = False
    """Is it proven that every plan made `MARGIN` below the tie uses the option, whatever the search meets first?"""
    finished: bool = True


@dataclass(frozen=True)
class Entry:
    """Where an option enters, as factors of today's price."""

    below: float | None
    """Confirmed: `MARGIN` below it the plan uses the option, `MARGIN` above it does not. None where it is not known."""
    never: bool = False
    """Not even when it is nearly free."""
    finished: bool = True
    """False where time ran out."""
    between: tuple[float, float] | None = None
    """Where it is known less closely: below the first every best plan uses it, from the second on none needs to."""


@dataclass(frozen=True)
class KnownTie:
    """A plan that uses the option and is found without planning again, such as the plan itself with one unit more."""

    factor: float
    """At which it costs what the plan does."""
    keeps_limits: bool
    """Is it certain that it keeps every limit?"""


def entry(
    option: PricedOption,
    settings: Settings,
    plan: Certified,
    memory: Memory | None,
    estimate: float,
    known: KnownTie | None = None,
) -> Entry:
    """Where the option enters a plan that does not use it.

    memory: what the search of the plan left. estimate: where to begin, a factor of today's price.
    """
    return search(_Reruns(option, settings, plan, memory), estimate, known, by_ties=not option.is_drawn)


class _Reruns:
    """Plans again at one price of the option after the other."""

    def __init__(self, option: PricedOption, settings: Settings, plan: Certified, memory: Memory | None) -> None:
        self._option, self._settings, self._plan, self._memory = option, settings, plan, memory

    def __call__(self, factor: float) -> Trial:
        option, plan = self._option, self._plan
        merged, membership = merge(option.at(factor))
        certified, _, left = certify_again(merged, self._settings, self._memory)
        if certified.status not in (Status.OPTIMAL, Status.WITHIN_GAP):
            return Trial(False, None, finished=False)
        if option.pool is not None and not option.is_drawn:
            # What hours cost does not depend on what orders cost: all cuts found so far hold at the next price too.
            self._memory = left
        if not option.uses(membership, certified):
            return Trial(False, None)
        if option.is_drawn:
            return Trial(True, None)
        spent = option.spent(membership, certified)
        if spent <= 0:
            return Trial(True, None)
        tie = factor + (plan.cost - certified.cost) / spent
        return Trial(True, tie, self._is_sure(MARGIN * tie * spent))

    def _is_sure(self, saved: float) -> bool:
        """Is a plan that saves so much, and all that are within the gap of it, cheaper than any without the option?

        The bound of the plan holds at every price for plans that do not use the option.
        """
        cost, gap = self._plan.cost - saved, self._settings.gap
        return cost + 2 * gap * max(abs(cost), 1.0) < self._plan.bound


class _UnfinishedError(Exception):
    """Time ran out."""


class _Trials:
    """What has been tried; without a trial it is known that today's price, factor 1, is too high."""

    def __init__(self, trial: Callable[[float], Trial]) -> None:
        self._trial = trial
        self.left = MOST_TRIALS
        self.highest_used = 0.0
        self.lowest_unused = 1.0
        self.tie = 0.0
        """The best price that a plan found is known to be worth."""
        self.sure = False
        """Of the plan of `tie`: as in `Trial`."""

    def __call__(self, factor: float) -> bool:
        """Is it used at this factor?"""
        self.left -= 1
        found = self._trial(factor)
        if not found.finished:
            raise _UnfinishedError
        if not found.used:
            self.lowest_unused = min(self.lowest_unused, factor)
            return False
        self.highest_used = max(self.highest_used, factor)
        tie = min(factor if found.tie is None else found.tie, 1.0)
        if tie > self.tie:
            self.tie, self.sure = tie, found.sure
        return True


def search(
    trial: Callable[[float], Trial], estimate: float, known: KnownTie | None = None, *, by_ties: bool = True
) -> Entry:
    """The price at which trials begin to use the option; at today's, factor 1, they do not.

    Where the estimate is right two trials do: one `MARGIN` below it and one above. by_ties: trials say where the plan
    that they find ties with the one without the option; otherwise what lies between used and unused is halved.
    known: saves looking for a price that is low enough, where the estimate is too high.
    """
    trials = _Trials(trial)
    factor = (1 - MARGIN) * min(max(estimate, NEARLY_FREE), 1.0)
    try:
        if by_ties and known is not None and known.factor > NEARLY_FREE and not trials(factor):
            trials.tie = min(known.factor, 1.0)
            found = _by_ties(trials)
            if found is not None or trials.highest_used > 0 or known.keeps_limits:
                return Entry(found)
            trials.tie = 0.0
            factor = max(trials.lowest_unused / 4, NEARLY_FREE)
        while trials.highest_used == 0 and not trials(factor):
            if factor <= NEARLY_FREE:
                return Entry(None, never=True)
            factor = max(factor / 4, NEARLY_FREE)
        return Entry(_by_ties(trials) if by_ties else _by_halves(trials))
    except _UnfinishedError:
        return Entry(None, finished=False)


def _by_ties(trials: _Trials) -> float | None:
    while (above := (1 + MARGIN) * trials.tie) < trials.lowest_unused * (1 - 1e-9):
        before = trials.tie
        if trials.left <= 1 or (trials(above) and trials.tie <= before):
            return None  # used where it cannot pay: within the gap that the plan is proven to
    below = (1 - MARGIN) * trials.tie
    if trials.sure or trials.highest_used >= below * (1 - 1e-9):
        return trials.tie
    # Unused there, though it pays: within the gap.
    return trials.tie if below < trials.lowest_unused * (1 - 1e-9) and trials(below) else None


def _by_halves(trials: _Trials) -> float | None:
    widest = (1 + MARGIN) / (1 - MARGIN)
    trials(min(trials.highest_used * widest, 1.0))
    while trials.lowest_unused > trials.highest_used * widest * (1 + 1e-9):
        if trials.left == 0:
            return None
        trials(float(np.sqrt(trials.highest_used * trials.lowest_unused)))
    return trials.lowest_unused / (1 + MARGIN)


def pool_estimate(option: PricedOption, worth: Marginals) -> float:
    """The factor at which one more unit, ordered in its best period, costs what it saves with the orders fixed."""
    k = option.pool
    assert k is not None, "the option is a pool"
    tied = option.instance.order_cost[k] - option.free.order_cost[k]
    possible = np.isfinite(worth.order[k]) & (tied > 0)
    rest = worth.order[k, possible] - tied[possible]
    return float((-rest / tied[possible]).max(initial=0.0))


def market_estimate(option: PricedOption, membership: Membership, worth: Marginals) -> float:
    """The factor at which an hour of it costs what the work is worth that it could do, in the best hour."""
    now, j, best = option.instance, option.supply, 0.0
    for w in np.flatnonzero(now.effectiveness[:, j] > 0):
        price = membership.price(worth.demand, int(w))
        asked = np.isfinite(price) & (now.demand[:, w] > 0)
        value = price[asked] * now.effectiveness[w, j] - option.free.running_cost[now.cost_class[asked], w, j]
        tied = (now.running_cost - option.free.running_cost)[now.cost_class[asked], w, j]
        best = max(best, float(np.divide(value, tied, out=np.zeros_like(value), where=tied > 0).max(initial=0.0)))
    return best


def draw_estimate(option: PricedOption, membership: Membership, worth: Marginals) -> float:
    """The factor at which money promised in its best period, drawn by this option alone, pays for itself."""
    now, j, best = option.instance, option.supply, 0.0
    draw = next(draw for draw in now.draws if draw.supply == j)
    saved = np.zeros(now.hours)
    for w in np.flatnonzero(now.effectiveness[:, j] > 0):
        price = membership.price(worth.demand, int(w))
        gain = price * now.effectiveness[w, j] - now.running_cost[now.cost_class, w, j]
        saved = np.maximum(saved, np.where(np.isfinite(price) & (now.demand[:, w] > 0), gain, 0.0))
    by_period = np.add.reduceat(saved, now.first_hour[:-1]) * now.discount_middle
    running = np.concatenate([[0.0], np.cumsum(by_period)])
    for p in np.flatnonzero(now.order_max[draw.pool] > 0):
        end = min(int(p) + int(now.life_periods[draw.pool]), now.periods)
        cost = float(now.order_cost[draw.pool, p]) * draw.rate
        best = max(best, float(running[end] - running[p]) / cost if cost > 0 else 0.0)
    return best
