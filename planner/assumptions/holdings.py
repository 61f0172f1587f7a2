"""What is agreed with providers, owned or held at the start, and limited."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from planner.assumptions.values import (
    Amount,
    DurationField,
    Entry,
    Finite,
    Moment,
    Name,
    Positive,
    Year,
    key,
)


class Provider(Entry):
    """What is agreed with a provider, for all its offers."""

    discount: Annotated[float, Finite, Field(ge=0, lt=1)] = key(
        0, title="Discount", unit="share", meaning="off every price of the provider"
    )
    support_share: Amount = key(
        0, title="Support", unit="share", meaning="of everything paid to the provider, added to it", cost=True
    )


class SpendCommitment(Entry):
    """Money per hour, promised for the term and paid in every hour of it, drawn or not."""

    term: DurationField = key(title="Term", meaning="how long it runs and is paid")
    rates: dict[Name, Positive] = key(
        title="Rates",
        unit="currency per instance-hour",
        meaning="per offer that it pays for, all of one provider; without a trend",
    )

    @model_validator(mode="after")
    def _for_something(self) -> SpendCommitment:
        if not self.rates:
            raise ValueError("rates of at least one offer")
        return self


class Api(Entry):
    """A model paid per token, for workloads forecast in tokens."""

    input_per_million: Amount = key(title="Input", unit="currency per million tokens", meaning="price of what is sent")
    output_per_million: Amount = key(
        title="Output", unit="currency per million tokens", meaning="price of what is generated"
    )
    workloads: list[Name] | None = key(
        None, title="Workloads", meaning="which it can do; default: every one that is forecast in tokens"
    )

    @model_validator(mode="after")
    def _priced(self) -> Api:
        if self.input_per_million == 0 and self.output_per_million == 0:
            raise ValueError("a price: input_per_million or output_per_million above 0 (no price is never free)")
        return self


class FleetEntry(Entry):
    """Servers owned at the start, or on their way."""

    server: Name = key(title="Server", meaning="which model")
    site: Name = key(title="Site", meaning="where they stand; any site, whatever the model's sites say")
    count: Positive = key(title="Count", unit="servers", meaning="how many; whole where the model's whole_servers is")
    in_service: Moment = key(title="In service", meaning="first day in service; they stay for the model's lifetime")
    price_paid: Positive | None = key(
        None,
        title="Price paid",
        unit="currency per server",
        meaning="for maintenance and resale; default: unknown, no resale and maintenance on today's price",
    )


class HeldCommitment(Entry):
    """A reservation held at the start: its upfront is sunk, its hourly fees still to come are paid."""

    offer: Name = key(title="Offer", meaning="which offer is reserved")
    option: Name = key(title="Option", meaning="which of its reserved options")
    count: Positive = key(title="Count", unit="instances", meaning="how many")
    started: Moment = key(title="Started", meaning="first day of the term")


_ByYear = dict[Year, Amount]


class CapexLimit(Entry):
    """What may be spent on servers: price, installation and set-up, undiscounted, in the year of the order."""

    total: Amount | None = key(None, title="Total", unit="currency", meaning="over the horizon; default: no limit")
    per_year: _ByYear = key({}, title="Per year", unit="currency", meaning="by calendar year, such as 2027")


class CloudSpendLimit(Entry):
    """What may be paid to providers and APIs, upfront and support included, undiscounted."""

    per_period: Amount = key(title="Per period", unit="currency per period", meaning="in each period")


class CarbonLimit(Entry):
    """What sites and offers may emit."""

    per_year: _ByYear = key(title="Per year", unit="tonnes", meaning="by calendar year, such as 2028")


class Quota(Entry):
    """A limit over several offers; counts as max_gpus of an offer does."""

    offers: list[Name] = key(title="Offers", meaning="their names, or patterns such as aws-*")
    max_gpus: Amount = key(title="Most", unit="GPUs", meaning="of all of them together, in any hour")


class Limits(Entry):
    """What must not be exceeded."""

    capex: CapexLimit | None = key(None, title="Capex", meaning="total and per_year; default: no limit")
    cloud_spend: CloudSpendLimit | None = key(None, title="Cloud spend", meaning="per_period; default: no limit")
    carbon_tonnes: CarbonLimit | None = key(None, title="Carbon", meaning="per_year; default: no limit")
    quotas: list[Quota] = key([], title="Quotas", meaning="GPUs over several offers: offers, max_gpus")
