"""What APIs do, in GPU-hours: so that they stand beside what runs on GPUs."""

from __future__ import annotations

import pandas as pd

from planner.report.source import PlanDocument


def api_hours(document: PlanDocument) -> pd.DataFrame:
    """columns period, supply, workload, gpu_hours: hours of the reference GPU that the tokens would have taken.

    A plan keeps their sum over the horizon for each API; it is shared among periods and workloads by tokens.
    """
    used, options = document.table("api_use"), document.table("options")
    apis = options[options["kind"] == "api"]
    label = dict(zip(apis["owner"], apis["name"], strict=True))
    hours = dict(zip(apis["owner"], apis["gpu_hours"].fillna(0.0), strict=True))
    tokens = used["input_tokens"] + used["output_tokens"]
    sums = tokens.groupby(used["api"]).transform("sum")
    share = tokens.where(sums > 0, 0.0) / sums.where(sums > 0, 1.0)
    return pd.DataFrame(
        {
            "period": used["period"],
            "supply": [label.get(name, f"{name}/api") for name in used["api"].tolist()],
            "workload": used["workload"],
            "gpu_hours": share * [hours.get(name, 0.0) for name in used["api"].tolist()],
        }
    )
