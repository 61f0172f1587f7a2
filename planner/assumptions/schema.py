"""The assumptions file as classes: one per entry, each key with its title, unit, default and meaning, here only.

The reference in `docs/` and the JSON Schema are generated from these classes: sites, servers and offers are in
`supplies`, what is agreed, owned and limited is in `holdings`, everything else is here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from planner.assumptions.durations import PeriodUnit
from planner.assumptions.holdings import (
    Api,
    CapexLimit,
    CarbonLimit,
    CloudSpendLimit,
    FleetEntry,
    HeldCommitment,
    Limits,
    Provider,
    Quota,
    SpendCommitment,
)
from planner.assumptions.supplies import Offer, Reserved, Server, Site, Spot, Staff
from planner.assumptions.values import (
    Amount,
    Deferrable,
    Entry,
    Finite,
    Label,
    Moment,
    Name,
    Positive,
    Rate,
    Share,
    Trend,
    Whole,
    key,
)

__all__ = [
    "Api",
    "Assumptions",
    "BoundBy",
    "CapexLimit",
    "CarbonLimit",
    "CloudSpendLimit",
    "CommitmentsAtEnd",
    "Decision",
    "Demand",
    "Finance",
    "FleetEntry",
    "HardwareAtEnd",
    "HeldCommitment",
    "Horizon",
    "Limits",
    "LoadShape",
    "Location",
    "Offer",
    "Projection",
    "Provider",
    "Quota",
    "Reserved",
    "Server",
    "Shape",
    "Site",
    "SpendCommitment",
    "Spot",
    "Staff",
    "Throughput",
    "Workload",
]


class HardwareAtEnd(StrEnum):
    """Are servers still owned at the horizon's end credited with their resale value?"""

    RESALE = "resale"
    NONE = "none"


class CommitmentsAtEnd(StrEnum):
    """What is charged for a term that runs past the horizon's end?"""

    PRORATED = "prorated"
    FULL = "full"


class Location(StrEnum):
    """Where a workload may run."""

    ANY = "any"
    LOCAL = "local"
    CLOUD = "cloud"


class BoundBy(StrEnum):
    """Which ratio of the GPU table gives the speed of a GPU that is not listed."""

    COMPUTE = "compute"
    MEMORY = "memory"


class Projection(Entry):
    """How demand goes on after the forecast ends."""

    growth_per_year: Trend = key(title="Growth", unit="share per year", meaning="growth of demand per 8,760 hours")


class Horizon(Entry):
    """What is planned: which periods, from when, how many."""

    period: PeriodUnit = key(PeriodUnit.MONTH, title="Period", meaning="how often purchases are decided")
    start: Moment | None = key(
        None, title="Start", meaning="start of the first period; default: the first interval of the forecast"
    )
    periods: Whole | None = key(
        None, title="Periods", unit="periods", meaning="how many; default: the whole periods that the forecast covers"
    )
    projection: Projection | None = key(
        None, title="Projection", meaning="carries a forecast that is shorter than the horizon on, week by week"
    )


class Finance(Entry):
    """How money at different times compares."""

    discount_rate: Trend = key(
        0.08, title="Discount rate", unit="share per year", meaning="nominal, before tax (there is no tax in the plan)"
    )
    hardware_at_end: HardwareAtEnd = key(
        HardwareAtEnd.RESALE,
        title="Hardware at the end",
        meaning="resale credits servers still owned at the horizon's end with their resale value; none does not",
    )
    commitments_at_end: CommitmentsAtEnd = key(
        CommitmentsAtEnd.PRORATED,
        title="Commitments at the end",
        meaning="what is charged for a term that runs past the end: prorated charges the part inside, full all of it",
    )
    carbon_price_per_tonne: Amount = key(
        0, title="Carbon price", unit="currency per tonne", meaning="paid for what sites and offers emit", cost=True
    )


class LoadShape(Entry):
    """How an interval longer than an hour is spread over its hours. One of the two keys."""

    peak_to_mean: Annotated[float, Finite, Field(ge=1, lt=168)] | None = key(
        None,
        title="Peak to mean",
        unit="ratio",
        meaning="peak of the week over its mean, in the order of business hours",
    )
    hour_of_week: Name | None = key(
        None, title="Hour of week", meaning="CSV with columns hour_of_week (0 = Monday 00:00 UTC) and load"
    )

    @model_validator(mode="after")
    def _one(self) -> LoadShape:
        if (self.peak_to_mean is None) == (self.hour_of_week is None):
            raise ValueError("exactly one of peak_to_mean and hour_of_week")
        return self


Shape = Annotated[Literal["flat"] | LoadShape, Field(union_mode="left_to_right")]


class Demand(Entry):
    """How the forecast becomes demand by the hour."""

    forecast_starts: Moment | None = key(
        None,
        title="Forecast starts",
        meaning="moves the whole forecast to begin there (hourly ones to the same weekday, forward)",
    )
    load_shape: Shape = key(
        "flat", title="Load shape", meaning="flat, {peak_to_mean: 2.5} or {hour_of_week: profile.csv}"
    )


class Throughput(Entry):
    """What one GPU of a kind delivers at full load. A rate left out means that side costs nothing."""

    input_tokens_per_s: Positive | None = key(
        None, title="Input tokens", unit="tokens/s per GPU", meaning="prefill rate"
    )
    output_tokens_per_s: Positive | None = key(
        None, title="Output tokens", unit="tokens/s per GPU", meaning="generation rate"
    )
    requests_per_s: Positive | None = key(None, title="Requests", unit="requests/s per GPU", meaning="request rate")

    @model_validator(mode="after")
    def _some(self) -> Throughput:
        if self.input_tokens_per_s is None and self.output_tokens_per_s is None and self.requests_per_s is None:
            raise ValueError("at least one of input_tokens_per_s, output_tokens_per_s, requests_per_s")
        return self


class Workload(Entry):
    """A named class of work with its own demand."""

    reference_gpu: Name = key("H100", title="Reference GPU", meaning="demand is counted in GPU-hours of this GPU")
    gpu_memory_gb: Amount = key(
        0,
        title="Memory",
        unit="GB",
        meaning="memory per replica; a replica uses ceil(this / GPU memory) GPUs of one unit",
    )
    bound_by: BoundBy = key(
        BoundBy.COMPUTE, title="Bound by", meaning="which catalogue ratio gives the speed of a GPU not listed in speed"
    )
    speed: dict[Name, Rate] = key(
        {},
        title="Speed",
        unit="reference GPU-hours per GPU-hour",
        meaning="per GPU; 0 means it cannot run the workload",
    )
    throughput: dict[Name, Throughput] = key(
        {}, title="Throughput", meaning="per GPU, for forecasts in tokens or requests"
    )
    interruptible: bool = key(False, title="Interruptible", meaning="may it run on spot?")
    spot_max_share: Share = key(
        1, title="Spot share", unit="share", meaning="at most this share of its work in any hour runs on spot"
    )
    location: Location = key(Location.ANY, title="Location", meaning="any, local (own servers) or cloud")
    regions: list[Name] | None = key(
        None, title="Regions", meaning="patterns of the regions of sites and offers where it may run; default: anywhere"
    )
    egress_gb_per_gpu_hour: Amount = key(
        0,
        title="Egress",
        unit="GB per reference GPU-hour",
        meaning="data out per unit of work done in the cloud",
        cost=True,
    )
    storage_gb: Amount = key(
        0, title="Storage", unit="GB", meaning="stored where the work runs, in proportion", cost=True
    )
    deferrable: Deferrable = key(
        None,
        title="Deferrable",
        meaning="24 hours, or period: blocks counted from the horizon's start, cut at period ends; the work of a block "
        "may run in any of its hours; default: no",
    )
    unserved_penalty: Amount | None = key(
        None,
        title="Penalty",
        unit="currency per reference GPU-hour",
        meaning="price of work left undone; default: must be served, in every hour",
    )
    load_shape: Shape | None = key(None, title="Load shape", meaning="as demand.load_shape, for this workload")


_DECIDED = (
    [True, True, False, False, False],
    [False, False, True, True, False],
    [False, False, False, False, True],
)
"""Which of server, site, offer, option and spend_commitment a decision names."""


class Decision(Entry):
    """Something settled already: bounds on the orders, or the commitments, of one period."""

    server: Name | None = key(None, title="Server", meaning="which server is ordered (with site)")
    site: Name | None = key(None, title="Site", meaning="where it stands")
    offer: Name | None = key(None, title="Offer", meaning="which offer is reserved (with option)")
    option: Name | None = key(None, title="Option", meaning="which reserved option")
    spend_commitment: Name | None = key(
        None, title="Spend commitment", meaning="which spend commitment; min and max are money per hour"
    )
    period: Label = key(title="Period", meaning="its label, such as 2027-04")
    min: Amount = key(0, title="At least", unit="units, or currency per hour", meaning="ordered in that period")
    max: Amount | None = key(
        None, title="At most", unit="units, or currency per hour", meaning="ordered in that period"
    )

    @model_validator(mode="after")
    def _one_thing(self) -> Decision:
        names = (self.server, self.site, self.offer, self.option, self.spend_commitment)
        given = [name is not None for name in names]
        if given not in _DECIDED:
            raise ValueError("either server and site, or offer and option, or spend_commitment")
        if self.max is not None and self.max < self.min:
            raise ValueError(f"max ({self.max:g}) no smaller than min ({self.min:g})")
        return self


class Assumptions(Entry):
    """Everything that a plan assumes beside the forecast."""

    version: Literal[1] = key(title="Version", meaning="of the format: 1")
    name: str = key("", title="Name", meaning="of the plan, for people")
    currency: Name = key("USD", title="Currency", meaning="one per plan; figures are never converted")
    horizon: Horizon = key(Horizon(), title="Horizon", meaning="what is planned")
    finance: Finance = key(Finance(), title="Finance", meaning="how money at different times compares")
    demand: Demand = key(Demand(), title="Demand", meaning="how the forecast becomes demand by the hour")
    workloads: dict[Name, Workload] | None = key(
        None,
        title="Workloads",
        meaning="by name; default: the catalogue's profile of that name, else its default profile",
    )
    sites: dict[Name, Site] = key(title="Sites", meaning="by name; default: the catalogue's site `default`; {} is none")
    servers: dict[Name, Server] = key(
        title="Servers", meaning="by name; default: the catalogue's default set; {} is none"
    )
    cloud: dict[Name, Offer] = key(
        title="Cloud offers", meaning="by name; default: the catalogue's default set; {} is none"
    )
    providers: dict[Name, Provider] = key(
        {}, title="Providers", meaning="by the name that offers give, such as aws: {discount: 0.12, support_share: 0.1}"
    )
    spend_commitments: dict[Name, SpendCommitment] = key(
        {},
        title="Spend commitments",
        meaning="by name: money per hour that may be promised for a term, in return for the rates",
    )
    apis: dict[Name, Api] = key(
        {}, title="APIs", meaning="by name: models paid per token; only for workloads forecast in tokens"
    )
    fleet: list[FleetEntry] = key(
        [],
        title="Fleet",
        meaning="servers owned at the start, or on their way: server, site, count, in_service, price_paid",
    )
    held_commitments: list[HeldCommitment] = key(
        [], title="Held commitments", meaning="reservations held at the start: offer, option, count, started"
    )
    limits: Limits = key(
        Limits(),
        title="Limits",
        meaning="such as {capex: {total: 4000000}, quotas: [{offers: [aws-*], max_gpus: 128}]}",
    )
    decisions: list[Decision] = key([], title="Decisions", meaning="what is settled already")
    variants: dict[Name, list[str]] = key(
        {}, title="Variants", meaning="named changes; without --variant they change nothing"
    )

    def provider_of(self, offer: str) -> Provider:
        """The terms of an offer's provider; no discount and no support where it is not listed."""
        return self.providers.get(self.cloud[offer].provider, Provider())
