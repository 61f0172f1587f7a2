"""Where work may run: sites, servers, cloud offers, and the ways in which these are bought and sold."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from planner.assumptions.durations import Duration
from planner.assumptions.values import (
    Amount,
    DurationField,
    Entry,
    FileName,
    Finite,
    Moment,
    Name,
    Positive,
    PriceOrFile,
    Share,
    Trend,
    Whole,
    key,
)


class Staff(Entry):
    """People who look after servers, as a ratio."""

    servers_per_person: Positive = key(
        title="Servers per person", unit="servers", meaning="how many one person looks after"
    )
    cost_per_person_year: Amount = key(title="Cost per person", unit="currency per year", meaning="all of it")
    whole_people: bool = key(
        False, title="Whole people", meaning="is the number of people in each period rounded up to a whole one?"
    )


class Site(Entry):
    """A place where servers stand."""

    electricity_price: PriceOrFile = key(
        title="Electricity",
        unit="currency per kWh",
        meaning="what a kWh costs; or the name of a CSV file with columns timestamp or period, and price",
    )
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
    setup_cost: Amount = key(
        0,
        title="Set-up",
        unit="currency",
        meaning="once, in the period of the first order; a site with a fleet is open already",
        cost=True,
    )
    carbon_g_per_kwh: Amount = key(
        0,
        title="Carbon",
        unit="g per kWh",
        meaning="used only, and required, where carbon is limited or priced and servers may stand here",
    )
    headroom: Annotated[float, Finite, Field(ge=0, lt=1)] = key(
        0, title="Headroom", unit="share", meaning="share of owned GPUs kept free for failures and surprises"
    )


class Server(Entry):
    """A model of GPU server that can be bought."""

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
    prices: FileName = key(
        None,
        title="Prices",
        unit="currency per server",
        meaning="CSV with columns period and price, in place of price (which may be left out) and trend",
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
        None,
        title="Most",
        unit="GPUs",
        meaning="on-demand, reserved and drawn from spend commitments together, in any hour; spot has its own",
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
    prices: FileName = key(
        None,
        title="Prices",
        unit="currency, as the price that each replaces",
        meaning="CSV with columns option, period and price, in place of price and trend of the options that it names: "
        "on_demand, spot, or a reserved option (NAME.upfront and NAME.hourly where it has both)",
    )
    carbon_g_per_gpu_hour: Amount = key(
        0,
        title="Carbon",
        unit="g per GPU-hour",
        meaning="used only, and required, where carbon is limited or priced",
    )
    whole_instances: bool = key(
        False, title="Whole instances", meaning="are reservations whole instances? Hours rented are always divisible"
    )

    @model_validator(mode="after")
    def _sold(self) -> Offer:
        if self.on_demand is None and self.spot is None and not self.reserved:
            raise ValueError("at least one of on_demand, spot and reserved, with its price")
        return self
