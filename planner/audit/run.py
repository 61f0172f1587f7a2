"""The audit itself: reads the tables, recomputes, compares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.assumptions.loaded import Loaded
from planner.audit.apis import check_api_use
from planner.audit.bill import bill
from planner.audit.capacity import check_capacity
from planner.audit.costs import check_lines, check_orders_cost, check_total
from planner.audit.holdings import Holdings
from planner.audit.limits import check_budgets, check_space
from planner.audit.operation import operate
from planner.audit.orders import check_orders
from planner.audit.result import Audit, Finding
from planner.audit.sales import check_sales
from planner.audit.setting import Setting
from planner.audit.sums import check_rentals, check_unserved, check_use
from planner.audit.tables import read_tables
from planner.dispatch import Dispatch
from planner.forecast.demand import HourlyDemand

if TYPE_CHECKING:  # planner.result carries the audit: importing it here would be a circle
    from planner.result import Schedule


def audit(
    schedule: Schedule, dispatch: Dispatch, demand: HourlyDemand, loaded: Loaded, *, relax: bool = False
) -> Audit:
    """Recompute a plan from demand, assumptions and its orders, hour by hour, and compare everything that it says.

    It verifies and never optimises, shares no arithmetic with the programme, and reads the dispatch once, one period
    at a time. Capacity and costs are recomputed from `purchases`, `commitments`, `spend_commitments` and `sales`, with
    what was there at the start; use, rented hours and tokens from `dispatch`; so a table that disagrees with them fails
    its own check. Rows that are absent count as 0.

    Args:
        schedule: the plan's tables.
        dispatch: what ran in every hour.
        demand: reference GPUs busy in every hour, by workload.
        loaded: the assumptions, with an entry for every workload of the demand.
        relax: was the plan made with fractions of servers, instances and people? Then counts need not be whole.

    Returns:
        One check per name of `CheckName`; the detail of a failed one says period, entry, found and expected.

    Raises:
        ValueError: a workload of the demand has no entry in the assumptions.

    Tolerances: figures are equal within 1e-6 of the expected one, plus an absolute difference scaled to the instance:
    hourly GPUs 1e-6 of the peak of all demand; sums of GPU-hours and tokens 1e-8 of all demand; money 1e-8 of the gross
    cost (Σ |amount| as recomputed); units of servers and instances, their GPUs, and site limits 1e-6; shares 1e-9.
    """
    setting = Setting.of(loaded, demand, relax)
    tables, findings = read_tables(schedule, setting)
    holdings = Holdings.of(tables, setting)
    done, in_hours = operate(dispatch, setting, holdings)
    expected = bill(tables, setting, holdings, done)
    everything: list[Finding] = [
        *findings,
        *in_hours,
        *check_orders(tables, setting),
        *check_capacity(tables, setting, holdings),
        *check_sales(tables, setting, holdings, expected.tolerance),
        *check_space(setting, holdings),
        *check_budgets(setting, expected),
        *check_use(tables, setting, holdings, done),
        *check_rentals(tables, setting, done, expected.tolerance),
        *check_api_use(tables, setting, done, expected.tolerance),
        *check_unserved(tables, setting, done),
        *check_orders_cost(tables, setting, expected.tolerance),
        *check_lines(tables, setting, expected),
        *check_total(tables, schedule.total_cost, expected),
    ]
    return Audit.of(everything)
