"""The hourly dispatch as a Parquet file, written one period at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from planner.dispatch import Dispatch
from planner.periods import Calendar

_COLUMNS = pa.schema(
    [
        ("timestamp", pa.timestamp("s")),
        ("workload", pa.string()),
        ("supply", pa.string()),
        ("kind", pa.string()),
        ("gpus", pa.float64()),
    ]
)
"""gpus: occupied on the supply on average over the hour; for kind `unserved`, reference GPUs left undone."""


def write_hourly(path: Path, dispatch: Dispatch, calendar: Calendar) -> None:
    """One row per hour, workload and supply with something running, and per workload with something left undone."""
    with pq.ParquetWriter(path, _COLUMNS) as writer:
        for hours in dispatch:
            begins = np.datetime64(calendar.begins(hours.period).to_pydatetime(), "s")
            labels = np.array([supply.label for supply in dispatch.supplies] + [""], dtype=object)
            kinds = np.array([supply.kind.value for supply in dispatch.supplies] + ["unserved"], dtype=object)
            values = np.concatenate([hours.gpus, hours.unserved[:, :, None]], axis=2)
            hour, workload, supply = np.nonzero(values)
            table = pd.DataFrame(
                {
                    "timestamp": begins + hour.astype("timedelta64[h]"),
                    "workload": np.array(dispatch.workloads, dtype=object)[workload],
                    "supply": labels[supply],
                    "kind": kinds[supply],
                    "gpus": values[hour, workload, supply],
                }
            )
            writer.write_table(pa.Table.from_pandas(table, schema=_COLUMNS, preserve_index=False))
