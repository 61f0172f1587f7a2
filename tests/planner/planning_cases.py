"""Small inputs for plans, and the steps between inputs and plan for tests of one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd
from hybrid_lp.certify import Settings

from planner.api import Inputs, read_inputs
from planner.optimise import Solved, optimise

Tree = dict[str, Any]


def forecast(start: str = "2027-01-01", freq: str = "h", **demand: Sequence[float]) -> pd.DataFrame:
    """GPU-hours by interval, in long form; freq h, D or MS. Workload names with `_` for `-`."""
    frames = [
        pd.DataFrame(
            {
                "timestamp": pd.date_range(start, periods=len(amounts), freq=freq).astype(str),
                "workload": name,
                "gpu_hours": np.asarray(amounts, dtype=np.float64),
            }
        )
        for name, amounts in demand.items()
    ]
    return pd.concat(frames, ignore_index=True)


def tree(period: str, periods: int, **sections: Any) -> Tree:
    """Assumptions with nothing in them but what is given: no discounting, nothing left at the end."""
    return {
        "version": 1,
        "horizon": {"period": period, "periods": periods},
        "finance": {"discount_rate": 0, "hardware_at_end": "none"},
        "sites": {},
        "servers": {},
        "cloud": {},
        **sections,
    }


def site(electricity_price: float = 0.0, **more: Any) -> Tree:
    return {"electricity_price": electricity_price, "pue": 1, **more}


def server(price: float, lifetime: str, **more: Any) -> Tree:
    """One H100, 1 kW at full load: an hour of work costs the site's price of a kWh."""
    return {"gpu": "H100", "gpus": 1, "price": price, "power_kw": 1, "lifetime": lifetime, **more}


def offer(on_demand: float | None = None, **more: Any) -> Tree:
    """One H100."""
    priced = {} if on_demand is None else {"on_demand": on_demand}
    return {"provider": "p", "gpu": "H100", "gpus": 1, **priced, **more}


def workloads(*names: str, **figures: Any) -> Tree:
    return {name: {"reference_gpu": "H100", **figures} for name in names}


def changed(assumptions: Mapping[str, Any], **changes: Any) -> Tree:
    """A copy with figures replaced: cloud__c__on_demand=3 sets cloud.c.on_demand."""
    result = deepcopy(dict(assumptions))
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = result
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return result


def solved(frame: pd.DataFrame, assumptions: Tree, **settings: Any) -> tuple[Inputs, Solved]:
    """Inputs and what the programme makes of them, without reports."""
    inputs = read_inputs(frame, assumptions)
    return inputs, optimise(inputs.prepared, inputs.demand.workloads, Settings(**{"gap": 1e-7, **settings}))
