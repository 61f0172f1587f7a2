"""What the plan's assumptions say about offers and commitments: who sells, where, at what rates, for how long."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from planner.assumptions.price_file import hourly_of, upfront_of
from planner.report.source import PlanDocument


def _or_nothing(value: object) -> object:
    return 0.0 if value is None else value


Amount = Annotated[float, BeforeValidator(_or_nothing)]
Filed = Mapping[tuple[str, str], float]
"""(what has the price, period) → price, before the provider's discount."""
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]


class _Part(BaseModel):
    """Keys that are not read here are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class OptionTerms(_Part):
    """A reserved option: upfront per instance, hourly per instance-hour."""

    term: Text = ""
    upfront: Amount = 0.0
    hourly: Amount = 0.0


class OfferTerms(_Part):
    """A cloud offer."""

    provider: Text = ""
    region: Text = ""
    gpus: Amount = 1.0
    reserved: Mapping[str, OptionTerms] = Field(default_factory=dict)
    prices: Text = ""
    """A file of prices by period."""


class PromiseTerms(_Part):
    """A spend commitment: rate per instance-hour, by offer."""

    rates: Mapping[str, Amount] = Field(default_factory=dict)


class ProviderTerms(_Part):
    """A share off every price."""

    discount: Amount = 0.0


class HeldTerms(_Part):
    """A commitment held before the plan."""

    offer: str
    option: str
    count: float
    started: str


class Terms(_Part):
    """The sections that say something about commitments."""

    cloud: Mapping[str, OfferTerms] = Field(default_factory=dict)
    spend_commitments: Mapping[str, PromiseTerms] = Field(default_factory=dict)
    providers: Mapping[str, ProviderTerms] = Field(default_factory=dict)
    held_commitments: tuple[HeldTerms, ...] = ()
    filed: Mapping[str, Filed] = Field(default_factory=dict)
    """Offer → what its file of prices says."""

    def offer(self, name: str) -> OfferTerms:
        """An offer; one without provider, region and options where the assumptions do not have it."""
        return self.cloud.get(name, OfferTerms())

    def option(self, offer: str, name: str, period: str) -> OptionTerms:
        """A reserved option at the prices of a period, of a file where there is one, but for trends.

        One that is paid by the hour where the assumptions do not have it.
        """
        said, filed = self.offer(offer).reserved.get(name, OptionTerms(hourly=1.0)), self.filed.get(offer, {})
        upfront = filed.get((upfront_of(name), period), said.upfront)
        return said.model_copy(update={"upfront": upfront, "hourly": filed.get((hourly_of(name), period), said.hourly)})

    def kept(self, offer: str) -> float:
        """1 − the discount of the offer's provider."""
        return 1 - self.providers.get(self.offer(offer).provider, ProviderTerms()).discount

    def drawn_per_gpu_hour(self, promise: str, offer: str) -> float:
        """Money that a GPU-hour on an offer draws from a spend commitment: rate / GPUs × (1 − discount)."""
        terms = self.offer(offer)
        rates = self.spend_commitments.get(promise, PromiseTerms()).rates
        return rates.get(offer, 0.0) / (terms.gpus or 1.0) * self.kept(offer)


def terms_of(document: PlanDocument) -> Terms:
    """The terms of a plan. Of assumptions that are not as the format has them nothing is known."""
    sections = {name: part for name, part in document.head.inputs.assumptions.items() if part is not None}
    sections.pop("filed", None)
    try:
        terms = Terms.model_validate({name: sections[name] for name in Terms.model_fields if name in sections})
    except ValidationError:
        return Terms()
    files = {name: document.files.get(offer.prices) for name, offer in terms.cloud.items() if offer.prices}
    return terms.model_copy(update={"filed": {name: _filed(text) for name, text in files.items() if text}})


def _filed(text: str) -> Filed:
    """The prices of a file that planning has read; rows that it would not have taken are left out."""
    found: dict[tuple[str, str], float] = {}
    for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))):
        cells = {str(name).strip(): str(value).strip() for name, value in row.items()}
        with contextlib.suppress(KeyError, ValueError):
            found[cells["option"], cells["period"]] = float(cells["price"])
    return found
