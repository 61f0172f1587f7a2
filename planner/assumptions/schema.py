"""The assumptions file as classes: one per entry, each key with its title, unit, default and meaning, here only.

The reference in `docs/` and the JSON Schema are generated from this module. `later` names keys that are part of the
format but that this version does not plan with: they are refused unless empty, never ignored.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from planner.assumptions.durations import Duration, PeriodUnit
from planner.assumptions.values import (
    Amount,
    DurationField,
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

    later: ClassVar[dict[str, str]] = {"carbon_price_per_tonne": "a price on carbon"}

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

    later: ClassVar[dict[str, str]] = {"deferrable": "work that may wait"}

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
    unserved_penalty: Amount | None = key(
        None,
        title="Penalty",
        unit="currency per reference GPU-hour",
        meaning="price of work left undone; default: must be served, in every hour",
    )
    load_shape: Shape | None = key(None, title="Load shape", meaning="as demand.load_shape, for this workload")


class Staff(Entry):
    """People who look after servers, as a ratio."""

    later: ClassVar[dict[str, str]] = {"whole_people": "people as whole numbers"}

    servers_per_person: Positive = key(
        title="Servers per person", unit="servers", meaning="how many one person looks after"
    )
    cost_per_person_year: Amount = key(title="Cost per person", unit="currency per year", meaning="all of it")


class Site(Entry):
    """A place where servers stand."""

    later: ClassVar[dict[str, str]] = {"setup_cost": "a cost paid once at the first order"}

    electricity_price: Amount = key(title="Electricity", unit="currency per kWh", meaning="what a kWh costs")
    pue: Annotated[float, Finite, Field(ge=1, le=100)] = key(
        title="PUE", unit="ratio", meaning="power drawn by the site over power drawn by its servers"
    )
    region: str = key("", title="Region", meaning="compared with the regions of workloads")
    power_limit_kw: Amount | None = key(
        None, title="Power limit", unit="kW", meaning="nameplate power × PUE of what is in service stays below"
    )
    rack_units: Amount | None = key(None, title="Rack units", unit="U", meaning="space for servers")
    hosting_per_kw_month: Amount = key(
        0, title="Hosting", unit="currency per kW-month", meaning="per kW of nameplate power in service", cost=True
    )
    storage_per_gb_month: Amount = key(
        0, title="Storage", unit="currency per GB-month", meaning="what is stored at the site", cost=True
    )
    staff: Staff | None = key(None, title="Staff", meaning="people per server and what they cost", cost=True)
    carbon_g_per_kwh: Amount = key(
        0, title="Carbon", unit="g per kWh", meaning="used only where carbon is limited or priced"
    )
    headroom: Annotated[float, Finite, Field(ge=0, lt=1)] = key(
        0, title="Headroom", unit="share", meaning="share of owned GPUs kept free for failures and surprises"
    )


class Server(Entry):
    """A model of GPU server that can be bought."""

    later: ClassVar[dict[str, str]] = {"prices": "prices per period from a file"}

    gpu: Name = key(title="GPU", meaning="name of the GPU")
    gpus: Whole = key(title="GPUs", unit="GPUs", meaning="per server")
    gpu_memory_gb: Positive | None = key(
        None,
        title="GPU memory",
        unit="GB",
        meaning="per GPU; default: the catalogue's table of GPUs, required for others",
    )
    price: Positive = key(title="Price", unit="currency per server", meaning="delivered")
    install_cost: Amount = key(0, title="Installation", unit="currency per server", meaning="once", cost=True)
    power_kw: Amount = key(title="Power", unit="kW", meaning="at full load")
    idle_power_kw: Amount = key(0, title="Idle power", unit="kW", meaning="in service without load")
    rack_units: Amount = key(0, title="Rack units", unit="U", meaning="space that it takes")
    lifetime: DurationField = key(title="Lifetime", meaning="in service for this long")
    resale: dict[DurationField, Share] = key(
        {},
        title="Resale",
        unit="share of its own price",
        meaning="by age in service; linear between, all of it at age 0, the last share holds after the last age",
    )
    maintenance_per_year: Amount = key(
        0, title="Maintenance", unit="share of its own price per year", meaning="support and repairs", cost=True
    )
    availability: Annotated[Positive, Field(le=1)] = key(
        1, title="Availability", unit="share", meaning="share of its GPUs that work at any time"
    )
    lead_time: DurationField = key(Duration.parse("0 hours"), title="Lead time", meaning="from order to service")
    price_trend_per_year: Trend = key(
        0, title="Price trend", unit="share per year", meaning="compounding from the horizon's start"
    )
    max_order_per_period: Amount | None = key(
        None, title="Most per period", unit="servers", meaning="ordered in a period"
    )
    max_servers: Amount | None = key(None, title="Most in service", unit="servers", meaning="at all sites together")
    available_from: Moment | None = key(None, title="Available from", meaning="first day on which it can be ordered")
    available_until: Moment | None = key(None, title="Available until", meaning="last day on which it can be ordered")
    whole_servers: bool = key(True, title="Whole servers", meaning="are orders whole numbers?")
    sites: list[Name] | None = key(None, title="Sites", meaning="where it may stand; default: any site")

    @model_validator(mode="after")
    def _power(self) -> Server:
        if self.idle_power_kw > self.power_kw:
            raise ValueError(f"idle_power_kw ({self.idle_power_kw:g}) no larger than power_kw ({self.power_kw:g})")
        return self


class Spot(Entry):
    """Capacity that the provider may take back."""

    price: Positive = key(title="Price", unit="currency per instance-hour", meaning="what an hour costs")
    lost_work: Annotated[float, Finite, Field(ge=0, lt=1)] = key(
        0, title="Lost work", unit="share of rented hours", meaning="lost to interruptions", cost=True
    )
    max_gpus: Amount | None = key(None, title="Most", unit="GPUs", meaning="rented as spot in any hour")


class Reserved(Entry):
    """Paid for the whole term, used or not, at the price of the period in which it is bought."""

    term: DurationField = key(title="Term", meaning="how long it runs and is paid")
    upfront: Amount = key(0, title="Upfront", unit="currency per instance", meaning="once, for the whole term")
    hourly: Amount = key(0, title="Hourly", unit="currency per instance-hour", meaning="in every hour of the term")

    @model_validator(mode="after")
    def _priced(self) -> Reserved:
        if self.upfront == 0 and self.hourly == 0:
            raise ValueError("a price: upfront or hourly above 0 (an option with no price is never free)")
        return self


class Offer(Entry):
    """An instance type of a provider in a region, and the ways in which it is sold."""

    later: ClassVar[dict[str, str]] = {"prices": "prices per period from a file"}

    provider: Name = key(title="Provider", meaning="who sells it")
    region: str = key("", title="Region", meaning="compared with the regions of workloads")
    gpu: Name = key(title="GPU", meaning="name of the GPU")
    gpus: Whole = key(title="GPUs", unit="GPUs", meaning="per instance")
    gpu_memory_gb: Positive | None = key(
        None,
        title="GPU memory",
        unit="GB",
        meaning="per GPU; default: the catalogue's table of GPUs, required for others",
    )
    on_demand: Positive | None = key(
        None, title="On-demand", unit="currency per instance-hour", meaning="what an hour costs"
    )
    spot: Spot | None = key(None, title="Spot", meaning="price, lost_work, max_gpus")
    reserved: dict[Name, Reserved] = key({}, title="Reserved", meaning="options by name: term, upfront, hourly")
    max_gpus: Amount | None = key(
        None, title="Most", unit="GPUs", meaning="on-demand and reserved together, in any hour; spot has its own"
    )
    egress_per_gb: Amount = key(0, title="Egress", unit="currency per GB", meaning="data leaving it", cost=True)
    storage_per_gb_month: Amount = key(
        0, title="Storage", unit="currency per GB-month", meaning="what is stored there", cost=True
    )
    price_trend_per_year: Trend = key(
        0,
        title="Price trend",
        unit="share per year",
        meaning="on all prices of the offer but egress and storage, compounding from the horizon's start",
    )
    carbon_g_per_gpu_hour: Amount = key(
        0, title="Carbon", unit="g per GPU-hour", meaning="used only where carbon is limited or priced"
    )
    whole_instances: bool = key(
        False, title="Whole instances", meaning="are reservations whole instances? Hours rented are always divisible"
    )

    @model_validator(mode="after")
    def _sold(self) -> Offer:
        if self.on_demand is None and self.spot is None and not self.reserved:
            raise ValueError("at least one of on_demand, spot and reserved, with its price")
        return self


class Decision(Entry):
    """Something settled already: bounds on the orders, or the commitments, of one period."""

    server: Name | None = key(None, title="Server", meaning="which server is ordered (with site)")
    site: Name | None = key(None, title="Site", meaning="where it stands")
    offer: Name | None = key(None, title="Offer", meaning="which offer is reserved (with option)")
    option: Name | None = key(None, title="Option", meaning="which reserved option")
    period: Label = key(title="Period", meaning="its label, such as 2027-04")
    min: Amount = key(0, title="At least", unit="units", meaning="ordered in that period")
    max: Amount | None = key(None, title="At most", unit="units", meaning="ordered in that period")

    @model_validator(mode="after")
    def _one_thing(self) -> Decision:
        server = self.server is not None and self.site is not None
        offer = self.offer is not None and self.option is not None
        given = sum(name is not None for name in (self.server, self.site, self.offer, self.option))
        if server == offer or given != 2:
            raise ValueError("either server and site, or offer and option")
        if self.max is not None and self.max < self.min:
            raise ValueError(f"max ({self.max:g}) no smaller than min ({self.min:g})")
        return self


class Assumptions(Entry):
    """Everything that a plan assumes beside the forecast."""

    later: ClassVar[dict[str, str]] = {
        "providers": "discounts and support shares per provider",
        "spend_commitments": "money per hour promised for a term",
        "apis": "models paid per token",
        "fleet": "servers owned at the start",
        "held_commitments": "reservations held at the start",
        "limits": "limits on capex, cloud spend, carbon and quotas",
    }

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
    decisions: list[Decision] = key([], title="Decisions", meaning="what is settled already")
    variants: dict[Name, list[str]] = key(
        {}, title="Variants", meaning="named changes; without --variant they change nothing"
    )
