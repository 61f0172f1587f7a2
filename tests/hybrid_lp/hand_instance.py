"""Instances small enough to write every row of their programmes by hand."""

from __future__ import annotations

import numpy as np
from hybrid_lp.instance import Budget, CapacityLimit, Draw, Held, Instance, Opening, OrderLimit, People, RentalLimit

SERVER, RESERVED, ON_DEMAND, SPOT = range(4)


def hand_instance() -> Instance:
    """Two periods of 2 and 3 hours. Workload 0 must be served, workload 1 has a penalty and may run half on spot.

    Supply 0: servers of 4 usable GPUs, whole, in service a period after the order, on which workload 0 does half of
    what workload 1 does. Supply 1: a reservation of 8 GPUs for one period. Supply 2: on-demand. Supply 3: spot, where a
    tenth of the work is lost; workload 0 may not run there.
    """
    return Instance(
        first_hour=np.array([0, 2, 5]),
        discount_middle=np.array([0.9, 0.8]),
        demand=np.array([[10.0, 0], [10, 0], [20, 6], [20, 6], [40, 6]]),
        unserved_penalty=np.array([np.inf, 7.0]),
        spot_max_share=np.array([1.0, 0.5]),
        effectiveness=np.array([[0.5, 1, 1, 0], [1, 1, 1, 0.9]]),
        running_cost=np.array(
            [[[0.1, 0, 3, 0], [0.1, 0, 3, 1]], [[0.1, 0, 2, 0], [0.1, 0, 2, 1]]],
        ),
        is_spot=np.array([False, False, False, True]),
        offered=np.ones((2, 2, 4), dtype=np.bool_),
        pool_supply=np.array([0, 1]),
        usable_gpus=np.array([4.0, 8.0]),
        order_cost=np.array([[500.0, 400.0], [30.0, 20.0]]),
        holding_cost=np.array([[5.0, 6.0], [0.0, 0.0]]),
        lead_periods=np.array([1, 0]),
        life_periods=np.array([3, 1]),
        whole=np.array([True, False]),
        order_min=np.array([[0.0, 0], [0, 0.25]]),
        order_max=np.array([[5.0, 0], [np.inf, np.inf]]),
        rental_limits=(
            RentalLimit("offer", (ON_DEMAND,), (1,), (8.0,), 100.0),
            RentalLimit("spot", (SPOT,), (), (), 50.0),
        ),
        capacity_limits=(CapacityLimit("power", "kW", (0, 1), (12.0, 0.0), 36.0),),
        order_limits=(OrderLimit("most", (0, 1), 9.0),),
    )


def rich_hand_instance() -> Instance:
    """Three periods of 2, 3 and 1 hours with one of everything that is rarer.

    Supplies: servers of 4 usable GPUs (pool 0, only to be ordered in the first period, 1 to 5 of them, which may leave
    early for 300 or 200 back); a reservation of 8 GPUs for one period (pool 1); money promised for two periods (pool
    2), 2 an hour for each GPU of the last supply; on-demand; spot, for half of the work of workload 1; what is drawn.
    Two servers are there until the end of the second period, and may be sold for 50 at once or for 30 after the first.
    The last hour of the second period is dearer. Workload 1 may run in any hour of the period. The site must be opened
    for 100, 90 or 80; one person looks after 5 servers.

    Budgets: 1,600 of capital; 200 for what is rented or reserved in the second period; 40 of carbon in the first two.
    """
    runs = np.zeros((2, 2, 6))
    runs[:, :, 3] = 0.2
    bill = np.zeros((1, 2, 6))
    bill[:, :, 3] = 3.0
    reserved, servers = np.zeros((3, 3)), np.zeros((3, 3))
    reserved[1, 1], servers[0, :2] = 30.0, 0.5
    early = np.zeros((3, 3))
    early[0, 1:] = [-300.0, -200.0]
    capital = np.zeros((3, 3))
    capital[0] = 500.0
    cost = np.array([[0.1, 0, 0, 3, 0, 0], [0.1, 0, 0, 3, 1, 0]])
    return Instance(
        first_hour=np.array([0, 2, 5, 6]),
        discount_middle=np.array([0.9, 0.8, 0.7]),
        demand=np.array([[10.0, 0], [10, 4], [20, 6], [20, 6], [40, 0], [5, 3]]),
        unserved_penalty=np.array([np.inf, 7.0]),
        spot_max_share=np.array([1.0, 0.5]),
        effectiveness=np.array([[0.5, 1, 0, 1, 0, 1], [1, 1, 0, 1, 0.9, 1]]),
        running_cost=np.stack([cost, cost, 2 * cost, cost]),
        is_spot=np.arange(6) == 4,
        offered=np.ones((3, 2, 6), dtype=np.bool_),
        pool_supply=np.array([0, 1, 2]),
        usable_gpus=np.array([4.0, 8.0, 1.0]),
        order_cost=np.array([[500.0, 450, 400], [30, 30, 30], [5, 4, 3]]),
        holding_cost=np.array([[5.0, 6, 7], [0, 0, 0], [0, 0, 0]]),
        lead_periods=np.array([0, 0, 0]),
        life_periods=np.array([3, 1, 2]),
        whole=np.array([True, False, False]),
        order_min=np.array([[1.0, 0, 0], [0, 0.25, 0], [0, 0, 0]]),
        order_max=np.array([[5.0, 0, 0], [np.inf] * 3, [np.inf] * 3]),
        rental_limits=(),
        capacity_limits=(),
        held=(Held(0, 2.0, 0, 1, np.array([-50.0, -30, 0]), whole=True),),
        constant_cost=11.0,
        sale_change={0: early},
        draws=(Draw(5, 2, 2.0),),
        budgets=(
            Budget("capital", "currency", 1600.0, capital, opening_weights=np.full((1, 3), 100.0)),
            Budget("bill", "currency", 200.0, reserved, periods=range(1, 2), run_weights=bill),
            Budget("carbon", "t", 40.0, unit_weights=servers, periods=range(2), run_weights=runs),
        ),
        openings=(Opening("site", (0,), np.array([100.0, 90, 80])),),
        people=(People("site", (0,), 5.0, np.array([70.0, 60, 50])),),
        class_of_hour=np.array([0, 0, 1, 1, 2, 3]),
        blocks={1: np.array([0, 0, 1, 1, 1, 2])},
    )


EARLY = ((0, 0, 1), (0, 0, 2))
"""The early sales that there can be."""
