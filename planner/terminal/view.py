"""A plan as the report reads it: plain rows. The only module of the report that knows the frames of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from planner.terminal.marks import Marks

if TYPE_CHECKING:
    import pandas as pd

    from planner.assumptions.loaded import Default
    from planner.periods import Calendar


class CheckLike(Protocol):
    """One check of the audit."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def passed(self) -> bool: ...  # noqa: D102
    @property
    def detail(self) -> str: ...  # noqa: D102


class AuditLike(Protocol):
    """What the audit found."""

    @property
    def passed(self) -> bool: ...  # noqa: D102
    @property
    def checks(self) -> Sequence[CheckLike]: ...  # noqa: D102


class PlanLike(Protocol):
    """What the report needs of a plan: `planner.result.Plan`, or anything shaped like it."""

    @property
    def run(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def currency(self) -> str: ...  # noqa: D102
    @property
    def total_cost(self) -> float: ...  # noqa: D102
    @property
    def gap(self) -> float: ...  # noqa: D102
    @property
    def calendar(self) -> Calendar: ...  # noqa: D102
    @property
    def purchases(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def commitments(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def spend_commitments(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def sales(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def capacity(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def rentals(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def api_use(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def use(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def unserved(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def costs(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def workload_costs(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def baselines(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def options(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def obligations_after_end(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def warnings(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def reasons(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def audit(self) -> AuditLike: ...  # noqa: D102
    @property
    def inputs(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def defaults(self) -> Sequence[Default]: ...  # noqa: D102


@dataclass(frozen=True)
class Order:
    """Servers ordered in one period for one site."""

    period: str
    site: str
    server: str
    count: float
    gpus: float
    in_service: str
    cost: float


@dataclass(frozen=True)
class Commitment:
    """A reservation bought in one period."""

    period: str
    offer: str
    option: str
    count: float
    gpus: float
    until: str
    cost: float


@dataclass(frozen=True)
class Promise:
    """A spend commitment: money per hour, promised in one period."""

    period: str
    name: str
    amount_per_hour: float
    until: str
    cost: float


@dataclass(frozen=True)
class Sale:
    """Servers sold before their end."""

    period: str
    site: str
    server: str
    count: float
    acquired: str
    amount: float


@dataclass(frozen=True)
class Capacity:
    """Units of a pool in service in one period."""

    period: str
    pool: str
    units: float
    gpus: float


@dataclass(frozen=True)
class Rental:
    """GPU-hours rented of one offer for one workload in one period."""

    period: str
    offer: str
    option: str
    workload: str
    gpu_hours: float
    cost: float


@dataclass(frozen=True)
class ApiUse:
    """Tokens of one API for one workload in one period."""

    period: str
    input_tokens: float
    output_tokens: float


@dataclass(frozen=True)
class Use:
    """GPU-hours that one workload occupied on one pool in one period."""

    period: str
    pool: str
    workload: str
    gpu_hours: float


@dataclass(frozen=True)
class Cost:
    """One cost component in one period."""

    period: str
    component: str
    amount: float
    discounted: float


@dataclass(frozen=True)
class WorkloadCost:
    """What one workload costs over the horizon, or idle capacity."""

    workload: str
    amount: float
    per_month: float | None
    """None in plans kept before there was such a column."""
    per_gpu_hour: float | None
    per_million_tokens: float | None


@dataclass(frozen=True)
class Baseline:
    """The best plan under a restriction, or the reason why there is none."""

    name: str
    total_cost: float | None
    saving: float | None
    gap: float | None
    reason: str


@dataclass(frozen=True)
class Option:
    """Something that could be bought, reserved or rented, and whether it was."""

    name: str
    kind: str
    owner: str
    place: str
    chosen: bool
    cost_per_gpu_hour: float | None
    gpu_hours: float | None
    utilisation: float | None
    text: str

    @property
    def label(self) -> str:
        """As pools are called: site/server, offer/option."""
        return f"{self.place}/{self.owner}" if self.kind == "server" else f"{self.owner}/{self.place}"


@dataclass(frozen=True)
class Obligation:
    """Something still to be paid after the horizon."""

    what: str
    until: str
    amount: float | None


@dataclass(frozen=True)
class View:
    """Everything the report prints."""

    run: str
    name: str
    status: str
    currency: str
    total_cost: float
    gap: float
    calendar: Calendar
    discount_rate: float | None
    marks: Marks
    orders: tuple[Order, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    promises: tuple[Promise, ...] = ()
    sales: tuple[Sale, ...] = ()
    capacity: tuple[Capacity, ...] = ()
    rentals: tuple[Rental, ...] = ()
    api_use: tuple[ApiUse, ...] = ()
    use: tuple[Use, ...] = ()
    unserved: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Reference GPU-hours left undone: period → workload → hours."""
    costs: tuple[Cost, ...] = ()
    workload_costs: tuple[WorkloadCost, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    options: tuple[Option, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    warnings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    checks: int = 0

    @cached_property
    def periods(self) -> tuple[str, ...]:
        """Labels of the horizon's periods."""
        return self.calendar.labels

    @cached_property
    def hours(self) -> Mapping[str, int]:
        """Real hours by label."""
        return dict(zip(self.periods, (int(hours) for hours in self.calendar.hours), strict=True))

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """Kind of supply by label, of everything that was considered or taken."""
        taken = {f"{row.offer}/{row.option}": "reserved" for row in self.commitments}
        return taken | {option.label: option.kind for option in self.options}

    def is_owned(self, pool: str) -> bool:
        """Does the pool consist of servers, rather than of reservations?"""
        return self.kinds.get(pool, "server") == "server"

    def marked(self, kind: str, owner: str, place: str) -> str:
        """`*` where the price of that option is not the user's own figure."""
        return self.marks.price(kind, owner, place)

    def marked_pool(self, pool: str) -> str:
        """The same for a pool's or market's label."""
        return next((self.marked(o.kind, o.owner, o.place) for o in self.options if o.label == pool), "")


def view(plan: PlanLike) -> View:
    """Read a plan's frames (columns as in formats.md) into rows."""
    return View(
        run=plan.run,
        name=plan.name,
        status=str(plan.status),
        currency=plan.currency,
        total_cost=float(plan.total_cost),
        gap=float(plan.gap),
        calendar=plan.calendar,
        discount_rate=_discount_rate(plan),
        marks=Marks.of(plan.defaults),
        orders=rows_of(plan.purchases, Order),
        commitments=rows_of(plan.commitments, Commitment),
        promises=rows_of(plan.spend_commitments, Promise),
        sales=rows_of(plan.sales, Sale),
        capacity=rows_of(plan.capacity, Capacity),
        rentals=rows_of(plan.rentals, Rental),
        api_use=rows_of(plan.api_use, ApiUse),
        use=rows_of(plan.use, Use),
        unserved=_unserved(plan.unserved),
        costs=rows_of(plan.costs, Cost),
        workload_costs=rows_of(plan.workload_costs, WorkloadCost),
        baselines=rows_of(plan.baselines, Baseline),
        options=rows_of(plan.options, Option),
        obligations=rows_of(plan.obligations_after_end, Obligation),
        warnings=tuple(plan.warnings),
        reasons=tuple(plan.reasons),
        checks=len(plan.audit.checks),
    )


def rows_of[Row](frame: pd.DataFrame, row: type[Row]) -> tuple[Row, ...]:
    """The rows of a frame as dataclasses, columns by name; what is not a number or absent becomes None or empty.

    Columns too: plans kept by earlier releases lack those that came later.
    """
    names = {name: str(annotation) for name, annotation in row.__annotations__.items()}
    nothing = [None] * len(frame)
    columns = {
        name: [_cell(value, kind) for value in (frame[name].tolist() if name in frame else nothing)]
        for name, kind in names.items()
    }
    return tuple(row(**dict(zip(names, values, strict=True))) for values in zip(*columns.values(), strict=True))


def _cell(value: Any, annotation: str) -> Any:
    missing = value is None or value != value
    if annotation == "str":
        return "" if missing else str(value)
    if annotation == "bool":
        return bool(value)
    if missing:
        return None if "None" in annotation else float("nan")
    return float(value)


def _unserved(frame: pd.DataFrame) -> dict[str, dict[str, float]]:
    hours: dict[str, dict[str, float]] = {}
    columns = (frame[name].tolist() for name in ("period", "workload", "gpu_hours"))
    for period, workload, amount in zip(*columns, strict=True):
        by_workload = hours.setdefault(str(period), {})
        by_workload[str(workload)] = by_workload.get(str(workload), 0.0) + float(amount)
    return hours


def _discount_rate(plan: PlanLike) -> float | None:
    """Per year: from the assumptions kept with the plan, else from the defaults, else not known."""
    tree: Any = plan.inputs
    for step in ("assumptions", "finance", "discount_rate"):
        tree = tree.get(step) if isinstance(tree, Mapping) else None
    if isinstance(tree, Mapping):  # {value: 0.08, source: …}
        tree = tree.get("value")
    found = tree if tree is not None else Marks.of(plan.defaults).value("finance.discount_rate")
    return float(found) if isinstance(found, int | float) else None
