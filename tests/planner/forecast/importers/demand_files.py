"""Files as the tools themselves would have written them for a known fleet, and what the fleet really used."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pandas as pd

HOUR = timedelta(hours=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass(frozen=True)
class Job:
    """GPUs of a workload from start to end, both UTC."""

    workload: str
    start: datetime
    end: datetime
    gpus: int
    submit: datetime | None = None


def hourly(fleet: Iterable[Job]) -> pd.DataFrame:
    """What the fleet used by hour and workload, in exact arithmetic."""
    jobs = list(fleet)
    first = min(job.start for job in jobs).replace(minute=0, second=0, microsecond=0)
    last = max(job.end for job in jobs)
    hours = []
    while first < last:
        hours.append(first)
        first += HOUR
    names = sorted({job.workload for job in jobs})
    table = {}
    for name in names:
        table[name] = [
            float(sum((_overlap(job, hour) * job.gpus for job in jobs if job.workload == name), Fraction(0)))
            for hour in hours
        ]
    return pd.DataFrame(table, index=pd.DatetimeIndex([hour.replace(tzinfo=None) for hour in hours]).as_unit("us"))


def _overlap(job: Job, hour: datetime) -> Fraction:
    both = min(job.end, hour + HOUR) - max(job.start, hour)
    return max(Fraction(both // timedelta(microseconds=1), 3_600_000_000), Fraction(0))


def sacct(fleet: Iterable[Job], zone: str = "UTC", typed: bool = False) -> str:
    """`sacct -X -P -a --format=…`: local times of the cluster, no quoting, sizes as text."""
    lines = ["JobID|JobName|User|Account|Partition|State|Submit|Start|End|ElapsedRaw|AllocTRES"]
    for number, job in enumerate(fleet, start=1001):
        times = [_local(moment, zone) for moment in (job.submit or job.start, job.start, job.end)]
        kinds = f"gres/gpu:a100={job.gpus}" if typed else f"gres/gpu:a100={job.gpus},gres/gpu={job.gpus}"
        tres = f"billing={8 * job.gpus},cpu={8 * job.gpus},{kinds},mem=64G,node=1"
        elapsed = int((job.end - job.start).total_seconds())
        line = [str(number), 'say "hi", train', "ann", job.workload, "gpu", "COMPLETED", *times, str(elapsed), tres]
        lines.append("|".join(line))
    return "\n".join(lines) + "\n"


def _local(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")


def query_range(series: dict[str, list[float | None]], start: datetime, step: int, label: str = "team") -> str:
    """An answer of /api/v1/query_range: values are text, samples that are not there (None) are left out."""
    begin = start.timestamp()
    result = [
        {
            "metric": {"__name__": "gpus_busy", label: name},
            "values": [[begin + place * step, f"{value:g}"] for place, value in enumerate(line) if value is not None],
        }
        for name, line in series.items()
    ]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})


def samples(fleet: Iterable[Job], start: datetime, end: datetime, step: int) -> dict[str, list[float | None]]:
    """GPUs busy at every step from start to end, the end included as Prometheus does."""
    jobs = list(fleet)
    lines: dict[str, list[float | None]] = {job.workload: [] for job in jobs}
    moment = start
    while moment <= end:
        for name, line in lines.items():
            line.append(sum(job.gpus for job in jobs if job.workload == name and job.start <= moment < job.end))
        moment += timedelta(seconds=step)
    return lines


FOCUS_COLUMNS = (
    *("BilledCost", "ChargeCategory", "ChargeClass", "ChargePeriodStart", "ChargePeriodEnd"),
    *("CommitmentDiscountStatus", "ConsumedQuantity", "ConsumedUnit", "ServiceName", "SkuPriceDetails"),
    *("SubAccountName", "Tags"),
)


def focus_row(**cells: object) -> dict[str, object]:
    row = dict.fromkeys(FOCUS_COLUMNS, "")
    row |= {"BilledCost": "1.0", "ChargeCategory": "Usage", "ConsumedUnit": "Hours", "ServiceName": "Compute"}
    return row | cells


def focus_rows(fleet: Iterable[Job]) -> list[dict[str, object]]:
    """A bill: each hour of each instance a row, the hours it ran in it, the GPUs of the instance in SkuPriceDetails."""
    rows = []
    for job in fleet:
        hour = job.start.replace(minute=0, second=0, microsecond=0)
        while hour < job.end:
            quantity = _overlap(job, hour)
            rows.append(
                focus_row(
                    ChargePeriodStart=f"{hour:%Y-%m-%dT%H:%M:%SZ}",
                    ChargePeriodEnd=f"{hour + HOUR:%Y-%m-%dT%H:%M:%SZ}",
                    ConsumedQuantity=repr(float(quantity)),
                    SkuPriceDetails=json.dumps({"InstanceType": "gpu.large", "GpuCount": job.gpus}),
                    SubAccountName="research",
                    Tags=json.dumps({"team": job.workload, "note": "a, b\nc"}),
                )
            )
            hour += HOUR
    return rows


def focus_csv(rows: list[dict[str, object]]) -> str:
    return pd.DataFrame(rows).to_csv(index=False)


def allocation(fleet: Iterable[Job], start: datetime, end: datetime, window: timedelta = HOUR) -> str:
    """An answer of the allocation API by label team, idle capacity included."""
    jobs = list(fleet)
    data = []
    moment = start
    while moment < end:
        close = moment + window
        entries = {"__idle__": _entry("__idle__", moment, close, 3.5)}
        for name in sorted({job.workload for job in jobs}):
            used = Fraction(0)
            for job in (job for job in jobs if job.workload == name):
                both = min(job.end, close) - max(job.start, moment)
                used += max(Fraction(both // timedelta(seconds=1), 3600), Fraction(0)) * job.gpus
            if used:
                entries[name] = _entry(name, moment, close, float(used))
        entries["web"] = _entry("web", moment, close, 0)
        data.append(entries)
        moment = close
    return json.dumps({"code": 200, "data": data})


def _entry(name: str, start: datetime, end: datetime, gpu_hours: float) -> dict[str, object]:
    span = {"start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "end": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
    properties = {"cluster": "one", "namespace": f"ns-{name}", "labels": {"team": name}}
    minutes = (end - start).total_seconds() / 60
    costs = {"cpuCoreHours": 1.0, "gpuCount": gpu_hours / (minutes / 60), "gpuHours": gpu_hours, "totalCost": 2.0}
    return {"name": name, "properties": properties, "window": span, **span, "minutes": minutes, **costs}
