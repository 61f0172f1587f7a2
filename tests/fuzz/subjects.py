"""What is mutated: small versions of the examples, and one file of every kind that can be handed over.

A few days of hours, so that a plan takes a fifth of a second and twenty thousand of them do not take a day.
"""

from __future__ import annotations

import gzip
import io
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

TESTS = Path(__file__).parents[1]
INPUTS = TESTS.parent / "inputs"
for _folder in ("forecast", "forecast/importers", "assumptions/prices"):
    sys.path.append(str(TESTS / "planner" / _folder))

OUTPUT = "out"
"""What every command is told to write."""


@dataclass(frozen=True)
class Subject:
    """A call of the planner that works, with its files."""

    name: str
    arguments: tuple[str, ...]
    """After `planner`, without the output."""
    files: Mapping[str, bytes]
    """By name, below the folder in which the planner is called."""
    weight: int = 1

    @property
    def call(self) -> tuple[str, ...]:
        """The arguments, the output among them."""
        return self.arguments if self.arguments[0] == "check" else (*self.arguments, "-o", OUTPUT)


@cache
def subjects() -> tuple[Subject, ...]:
    """All of them, the most interesting with the most weight."""
    return (*_plans(), *_from_the_examples(), *_price_lists(), *_usage())


# Plans

_WORKLOADS = ("chat-70b", "nightly")
_HOURS = 72


def _stamps(hours: int = _HOURS) -> list[str]:
    return [stamp.isoformat() for stamp in pd.date_range("2027-01-04", periods=hours, freq="h")]


def _load(hour: int, workload: int) -> float:
    return round(4 + 3 * workload + 3 * (hour % 24 > 8) * (workload + 1) + hour % 5 / 8, 3)


def _frame(quantity: str = "gpu_hours", scale: float = 1) -> pd.DataFrame:
    rows = [
        (stamp, name, _load(hour, number) * scale)
        for number, name in enumerate(_WORKLOADS)
        for hour, stamp in enumerate(_stamps())
    ]
    return pd.DataFrame(rows, columns=["timestamp", "workload", quantity])


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, lineterminator="\n").encode()


def _wide() -> bytes:
    lines = [f"{stamp},{_load(hour, 0)},{_load(hour, 1)}" for hour, stamp in enumerate(_stamps())]
    return "\n".join(["ds,chat-70b,nightly", *lines, ""]).encode()


def _tokens() -> bytes:
    return _csv(_frame("input_tokens", 2e6).assign(output_tokens=lambda frame: frame["input_tokens"] / 4))


def _daily() -> bytes:
    days = "".join(f"2027-01-{4 + day:02d},chat-70b,{200 + day}\n" for day in range(14))
    return f"timestamp,workload,gpu_hours\n{days}".encode()


def _parquet(frame: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.assign(timestamp=pd.to_datetime(frame["timestamp"])).to_parquet(stream, index=False)
    return stream.getvalue()


def _zipped(content: bytes) -> bytes:
    """Without the time of day, so that a case is the same again."""
    return gzip.compress(content, mtime=0)


def _workbook() -> bytes:
    import workbooks

    header = [workbooks.text(f"{letter}1", name) for letter, name in zip("ABC", _frame().columns, strict=True)]
    lines = [
        [
            workbooks.day(f"A{row}", workbooks.JANUARY_2027 + 3 + hour / 24),
            workbooks.text(f"B{row}", "chat-70b"),
            workbooks.number(f"C{row}", _load(hour, 0)),
        ]
        for row, hour in enumerate(range(24), start=2)
    ]
    return workbooks.xlsx(workbooks.rows(header, *lines))


_SHAPE = ("hour_of_week,load\n" + "".join(f"{hour},{1 + hour % 24}\n" for hour in range(168))).encode()

_BASE = b"""\
version: 1
name: Fuzz
horizon: {period: day}
workloads:
  chat-70b: {reference_gpu: H100, gpu_memory_gb: 140, unserved_penalty: 40}
  nightly: {reference_gpu: H100, interruptible: true}
sites:
  lab: {electricity_price: 0.1, pue: 1.3}
servers:
  hgx:
    {gpu: H100, gpus: 8, price: 4000, power_kw: 10, lifetime: 30 days, lead_time: 1 day}
cloud:
  big: {provider: aws, gpu: H100, gpus: 8, on_demand: 55.04, reserved: {2d: {term: 2 days, hourly: 30}}}
"""

_EVERYTHING = b"""\
version: 1
name: Everything that can be said
currency: USD
horizon: {period: day, start: 2027-01-04, periods: 3}
finance: {discount_rate: 0.08, hardware_at_end: resale, commitments_at_end: prorated}
demand: {load_shape: flat}
workloads:
  chat-70b:
    reference_gpu: H100
    gpu_memory_gb: 140
    bound_by: memory
    speed: {H100: 1.0, A100-80GB: 0.45}
    throughput:
      H100: {output_tokens_per_s: 2209, input_tokens_per_s: 20000, requests_per_s: 3}
    location: any
    regions: [us-*]
    egress_gb_per_gpu_hour: 0.4
    storage_gb: 500
    unserved_penalty: 40
  nightly:
    reference_gpu: H100
    throughput: {H100: {output_tokens_per_s: 1000, requests_per_s: 1}}
    interruptible: true
    spot_max_share: 0.6
    storage_gb: {value: 10, source: measured, as_of: 2026-09}
sites:
  lab:
    electricity_price: {value: 0.0862, source: "a bill", as_of: 2026-09-10}
    pue: 1.54
    region: us-east
    power_limit_kw: 250
    rack_units: 84
    hosting_per_kw_month: 184
    storage_per_gb_month: 0.01
    staff: {servers_per_person: 12, cost_per_person_year: 150000}
    headroom: 0.05
servers:
  hgx:
    gpu: H100
    gpus: 8
    gpu_memory_gb: 80
    price: 290
    install_cost: 12
    power_kw: 10.2
    idle_power_kw: 2.9
    rack_units: 8
    lifetime: 60 days
    resale: {1 day: 0.65, 2 days: 0.38, 36 days: 0.27}
    maintenance_per_year: 0.10
    availability: 0.97
    lead_time: 1 day
    price_trend_per_year: -0.10
    max_order_per_period: 10
    max_servers: 40
    available_from: 2027-01-04
    available_until: 2028-06-01
    whole_servers: true
    sites: [lab]
  hgx-a100-80gb-8: {lead_time: 1 day}
cloud:
  big:
    provider: aws
    region: us-east-1
    gpu: H100
    gpus: 8
    on_demand: 55.04
    spot: {price: 23.12, lost_work: 0.08, max_gpus: 64}
    reserved:
      2d-upfront: {term: 2 days, upfront: 900, hourly: 0}
      3d-hourly: {term: 3 days, hourly: 23.777}
    max_gpus: 256
    egress_per_gb: 0.09
    storage_per_gb_month: 0.023
    price_trend_per_year: -0.15
    whole_instances: true
  aws-p4de.24xlarge: {max_gpus: 64}
decisions:
  - {server: hgx, site: lab, period: 2027-01-04, min: 1, max: 2}
  - {offer: big, option: 3d-hourly, period: 2027-01-05, max: 3}
variants:
  cheap-cloud: ["cloud.*.on_demand=-20%", "cloud.*.spot.price=-30%"]
"""

_LATER = (
    _BASE
    + b"""\
providers:
  aws: {discount: 0.12, support_share: 0.10}
spend_commitments:
  sp: {term: 2 days, rates: {big: 32.36}}
apis:
  gpt-5: {input_per_million: 1.25, output_per_million: 10.0, workloads: [chat-70b]}
fleet:
  - {server: hgx, site: lab, count: 2, in_service: 2027-01-01, price_paid: 3100}
held_commitments:
  - {offer: big, option: 2d, count: 1, started: 2027-01-03}
limits:
  capex: {total: 4000000, per_year: {2027: 1500000}}
  cloud_spend: {per_period: 90000}
  carbon_tonnes: {per_year: {2027: 120}}
  quotas:
    - {offers: ["b*"], max_gpus: 128}
"""
)

_SHAPED = (
    _BASE.replace(b"  nightly: {reference_gpu: H100, interruptible: true}\n", b"")
    .replace(b"{period: day}", b"{period: week, periods: 4, projection: {growth_per_year: 0.3}}")
    .replace(b"30 days, lead_time: 1 day", b"30 weeks, lead_time: 1 week")
    .replace(b"2 days", b"2 weeks")
    + b"demand: {load_shape: {hour_of_week: shape.csv}, forecast_starts: 2027-02-01}\n"
)

_EXTENDS = b"extends: below/base.yaml\nversion: 1\nhorizon: {periods: 2}\ncloud: {big: {on_demand: 40}}\n"


def _plans() -> list[Subject]:
    call = ("plan", "f.csv", "-a", "a.yaml")
    many = _csv(_frame())
    one_workload = _BASE.replace(b"  nightly: {reference_gpu: H100, interruptible: true}\n", b"")
    return [
        Subject("long", call, {"f.csv": many, "a.yaml": _BASE}, 6),
        Subject("wide", call, {"f.csv": _wide(), "a.yaml": _BASE}, 4),
        Subject("gpus", call, {"f.csv": _csv(_frame("gpus")), "a.yaml": _BASE}, 2),
        Subject("everything", call, {"f.csv": many, "a.yaml": _EVERYTHING}, 12),
        Subject("everything relaxed", (*call, "--relax", "--hourly"), {"f.csv": many, "a.yaml": _EVERYTHING}, 4),
        Subject("tokens", call, {"f.csv": _tokens(), "a.yaml": _EVERYTHING}, 4),
        Subject("requests", call, {"f.csv": _csv(_frame("requests", 3000)), "a.yaml": _EVERYTHING}, 3),
        Subject("later", call, {"f.csv": many, "a.yaml": _LATER}, 6),
        Subject("shaped", call, {"f.csv": _daily(), "a.yaml": _SHAPED, "shape.csv": _SHAPE}, 5),
        Subject("extends", call, {"f.csv": many, "a.yaml": _EXTENDS, "below/base.yaml": _BASE}, 4),
        Subject("gzip", ("plan", "f.csv.gz", "-a", "a.yaml"), {"f.csv.gz": _zipped(many), "a.yaml": _BASE}, 2),
        Subject(
            "parquet", ("plan", "f.parquet", "-a", "a.yaml"), {"f.parquet": _parquet(_frame()), "a.yaml": _BASE}, 3
        ),
        Subject("workbook", ("plan", "f.xlsx", "-a", "a.yaml"), {"f.xlsx": _workbook(), "a.yaml": one_workload}, 5),
        Subject("check", ("check", "f.csv", "-a", "a.yaml"), {"f.csv": many, "a.yaml": _EVERYTHING}, 4),
        Subject("init", ("init", "f.csv"), {"f.csv": many}, 3),
    ]


def _from_the_examples() -> list[Subject]:
    """The first months or days of the examples."""
    team, service, lab = (INPUTS / name for name in ("research-team", "inference-service", "training-lab"))
    months = [f"{name}:{count}".encode() for name, count in (("periods", " 36"), ("periods", " 3"))]
    article = (team / "assumptions.yaml").read_bytes().replace(*months)
    residual = (team / "residual.yaml").read_bytes()
    chat = (service / "assumptions.yaml").read_bytes().replace(*months)
    training = (lab / "assumptions.yaml").read_text()
    dated = "period: month, start: 2027-02-01, periods: 36, projection: {growth_per_year: 0.25}"
    assert dated in training, "the example has changed: cut it short in another way"
    training = training.replace(dated, "period: day").replace("3 months", "1 day").replace("2 months", "1 day")
    call = ("plan", "f.csv", "-a", "a.yaml")
    return [
        Subject("research team", call, {"f.csv": _head(team, 4), "a.yaml": article}, 4),
        Subject("residual", call, {"f.csv": _head(team, 4), "a.yaml": residual, "assumptions.yaml": article}, 2),
        Subject("inference service", call, {"f.csv": _head(service, 4), "a.yaml": chat}, 3),
        Subject("training lab", call, {"f.csv": _campaign(), "a.yaml": training.encode()}, 3),
    ]


def _head(folder: Path, lines: int) -> bytes:
    with (folder / "forecast.csv").open("rb") as stream:
        return b"".join(stream.readline() for _ in range(lines))


def _campaign() -> bytes:
    """Two days of all three groups of the training lab, from a week with all of them at work."""
    frame = pd.read_csv(INPUTS / "training-lab" / "forecast.csv")
    return _csv(frame[frame["timestamp"].between("2027-03-01", "2027-03-02T23:00")])


# What importers read


def _made(write: Callable[[], str]) -> tuple[str, bytes]:
    """Name and content of a file that a helper writes into the current folder."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        name = write()
        return name, Path(name).read_bytes()


def _price_lists() -> list[Subject]:
    import price_lists as make

    def listed(name: str, rows: Sequence[Mapping[str, Any]], header: Sequence[str]) -> tuple[str, bytes]:
        return _made(lambda: make.write_csv(name, rows, header))

    aws = [make.aws_row(), *make.aws_reserved("1yr", "No Upfront", None, "30")]
    azure = [make.azure_item(), make.azure_spot(), make.azure_reservation()]
    files = {
        "skypilot": listed("aws-sky.csv", [make.skypilot_row(), make.skypilot_row(Region="eu-1")], make.SKYPILOT),
        "gpuhunt": listed("aws-hunt.csv", [make.gpuhunt_row(), make.gpuhunt_row(spot="True")], make.GPUHUNT),
        "azure": _made(lambda: make.write_azure("azure.json", azure)),
        "aws": _made(lambda: make.write_aws("index.csv", aws)),
        "gcp": listed("gcp.csv", [make.gcp_row(), make.gcp_row(region="europe-west4")], make.GCP),
    }
    return [Subject(f"prices {kind}", ("prices", kind, name), {name: data}, 2) for kind, (name, data) in files.items()]


def _usage() -> list[Subject]:
    import demand_files as make

    start = make.utc("2026-03-01T00:00:00")
    end = start + timedelta(hours=5)
    fleet = (
        make.Job("chat", start, start + timedelta(minutes=90), 8),
        make.Job("train", start + timedelta(hours=1), end, 4),
    )
    files = {
        "slurm": ("jobs.txt", make.sacct(fleet)),
        "prometheus": ("range.json", make.query_range(make.samples(fleet, start, end, 1800), start, 1800)),
        "focus": ("bill.csv", make.focus_csv(make.focus_rows(fleet))),
        "opencost": ("allocation.json", make.allocation(fleet, start, end)),
    }
    zone = {"slurm": ("--timezone", "Europe/Berlin")}
    return [
        Subject(f"demand {kind}", ("demand", kind, name, *zone.get(kind, ())), {name: text.encode()}, 3)
        for kind, (name, text) in files.items()
    ]
