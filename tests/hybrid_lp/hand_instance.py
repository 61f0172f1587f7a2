"""An instance small enough to write every row of its programme by hand."""

from __future__ import annotations

import numpy as np
from hybrid_lp.instance import CapacityLimit, Instance, OrderLimit, RentalLimit

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
        offered=np.ones((2, 4), dtype=np.bool_),
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
