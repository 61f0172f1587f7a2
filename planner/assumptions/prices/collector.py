"""Offers gathered row by row, and a count, with examples, of everything that was not imported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from planner.assumptions.prices.dates import date_in
from planner.assumptions.prices.gpu_names import GpuName, resolve
from planner.assumptions.prices.quotes import Prices, Quote, Refused, Reservation, Shape, number_of
from planner.catalogue.gpu import Gpu
from planner.problems import InputError, Problem, nearest

EXAMPLES = 3
"""How many rows are named of each reason."""

MOST_OFFERS = 10_000
"""No list has as many GPU instances; a plan with more could not be made."""

_LONGEST_NAME = 200
_MOST_GPUS = 1024
NOT_REALLY_SOLD = "spot no cheaper than on-demand: not really sold"


@dataclass(frozen=True)
class Wanted:
    """What the user asked for."""

    regions: tuple[str, ...] = ()
    """Patterns; empty: every region."""
    gpus: tuple[str, ...] = ()
    """Names; empty: every GPU."""
    discount: Decimal = Decimal(0)
    """Share taken off every price."""
    provider: str = ""
    """Whose prices they are, where the list does not say; empty: from the file's name."""


@dataclass(frozen=True)
class PriceList:
    """One file, and what its prices are marked with."""

    path: Path
    name: str
    """As the user wrote it."""
    as_of: str
    dated: str
    """Where the date is from: `the file's name`, `its contents`, `the day the file was last changed`."""
    discount: Decimal

    @classmethod
    def of(cls, name: str, discount: Decimal, inside: str = "") -> PriceList:
        """The list of that name; `inside` is the date that its contents give, if they give one."""
        path = Path(name)
        if date := date_in(path.name):
            return cls(path, name, date, "the file's name", discount)
        if date := date_in(inside):
            return cls(path, name, date, "its contents", discount)
        changed = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).date().isoformat()
        return cls(path, name, changed, "the day the file was last changed", discount)

    @cached_property
    def source(self) -> str:
        """What prices are marked with: the file's name, and the discount."""
        name = self.path.name.encode("utf-8", "replace").decode("utf-8")
        return f"{name}, less {(self.discount * 100).normalize():f} %" if self.discount else name

    def quote(self, amount: Decimal, since: str = "") -> Quote:
        """A price of this list, less the discount."""
        return Quote(amount * (1 - self.discount) if self.discount else amount, self.source, self.as_of, since)


@dataclass
class Tally:
    """How often something happened, and where first."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, place: str, detail: str = "") -> None:
        """Once more, at a place."""
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{place} ({detail})" if detail else place)


class Collector:
    """What the lists say so far."""

    def __init__(self, wanted: Wanted, table: Mapping[str, Gpu]) -> None:
        self.wanted = wanted
        self.table = table
        self.rows = 0
        self.offers: dict[Shape, Prices] = {}
        self.skipped: dict[str, Tally] = {}
        """Rows of which nothing was imported, by reason."""
        self.left_out: dict[str, Tally] = {}
        """Prices that were not imported of rows that otherwise were, by reason."""
        self.notes: list[str] = []
        self.renamed: dict[str, str] = {}
        self.currencies: dict[str, str] = {}
        """Currency → the first file and place that uses it."""
        self.uneven: set[tuple[Shape, str]] = set()
        """Offers and options whose rows give different prices."""
        self._regions: dict[str, bool] = {}
        self._gpus: dict[tuple[str, Decimal | None], GpuName | Refused] = {}
        self._shapes: dict[tuple[str, str, str, object, Decimal | None, str], Shape | Refused] = {}
        self._file = self._name = ""

    def begin(self, prices: PriceList, several: bool) -> None:
        """The rows that follow are of this list."""
        self._name = prices.name
        self._file = f"{prices.name}, " if several else ""

    def take[T](self, rows: Iterable[tuple[str, T | Refused]], import_row: Callable[[str, T], None]) -> None:
        """Import every row (its place, and what it holds); those that are refused are skipped and counted."""
        for place, row in rows:
            self.rows += 1
            try:
                if isinstance(row, Refused):
                    raise row
                import_row(place, row)
            except Refused as why:
                self.skip(why, place)

    def skip(self, why: Refused, place: str) -> None:
        """A row of which nothing is imported."""
        self.skipped.setdefault(why.reason, Tally()).add(self._file + place, why.detail)

    def leave_out(self, reason: str, place: str, detail: str = "") -> None:
        """A price that is not imported, of a row that otherwise may be."""
        self.left_out.setdefault(reason, Tally()).add(self._file + place, detail)

    def note(self, text: str) -> None:
        """Something to know about the lists, said once."""
        if text not in self.notes:
            self.notes.append(text)

    def currency(self, code: str, place: str) -> None:
        """A price in that currency is imported."""
        self.currencies.setdefault(code, self._file + place)

    def shape(
        self, instance: str, region: str, gpu: str, gpus: object, memory_gb: Decimal | None, provider: str
    ) -> Shape:
        """The offer that a row is about. Raises Refused where it is none to plan with, or none that was asked for."""
        key = (instance, region, gpu, gpus, memory_gb, provider)
        known = self._shapes.get(key)
        if known is None:
            try:
                known = self._new_shape(*key)
            except Refused as why:
                known = why
            if len(self._shapes) >= MOST_OFFERS:
                self._shapes.clear()
            self._shapes[key] = known
        if isinstance(known, Refused):
            raise Refused(known.reason, known.detail)  # a new one: an old one would gather tracebacks
        return known

    def _new_shape(
        self, instance: str, region: str, gpu: str, gpus: object, memory_gb: Decimal | None, provider: str
    ) -> Shape:
        if max(len(instance), len(region), len(gpu)) > _LONGEST_NAME:
            raise Refused(f"a name of more than {_LONGEST_NAME} characters")
        wants = self._wants(region)
        known = self._resolve(gpu, memory_gb)
        if not wants:
            raise Refused("in a region that was not asked for (--region)")
        wanted = [name.lower() for name in self.wanted.gpus]
        if wanted and known.name.lower() not in wanted:
            raise Refused("with a GPU that was not asked for (--gpu)")
        return Shape(provider, instance, region, known.name, whole_gpus(gpus), known.memory_gb)

    def _wants(self, region: str) -> bool:
        wants = self._regions.get(region)
        if wants is None:
            patterns = self.wanted.regions
            wants = not patterns or any(fnmatchcase(region, pattern) for pattern in patterns)
            if len(self._regions) < MOST_OFFERS:
                self._regions[region] = wants
        return wants

    def _resolve(self, gpu: str, memory_gb: Decimal | None) -> GpuName:
        key = (gpu, memory_gb)
        known = self._gpus.get(key)
        if known is None:
            try:
                known = resolve(gpu, memory_gb, self.table)
            except Refused as why:
                known = why
            if len(self._gpus) < MOST_OFFERS:
                self._gpus[key] = known
        if isinstance(known, Refused):
            raise Refused(known.reason, known.detail)
        if known.name.lower() != gpu.strip().lower():
            self.renamed.setdefault(gpu.strip(), known.name)
        return known

    def on_demand(self, shape: Shape, quote: Quote) -> None:
        """A price per instance-hour; of several, the newest, and of these the cheapest, is kept."""
        prices = self._prices(shape)
        prices.on_demand = self._better(shape, "on-demand", quote, prices.on_demand)

    def spot(self, shape: Shape, quote: Quote) -> None:
        """Likewise for spot."""
        prices = self._prices(shape)
        prices.spot = self._better(shape, "spot", quote, prices.spot)

    def reserve(self, shape: Shape, option: str, reservation: Reservation) -> None:
        """Likewise for a reserved option."""
        prices = self._prices(shape)
        if reservation.beats(prices.reserved.get(option)):
            prices.reserved[option] = reservation

    def _prices(self, shape: Shape) -> Prices:
        prices = self.offers.get(shape)
        if prices is None:
            if len(self.offers) >= MOST_OFFERS:
                expected = f"at most {MOST_OFFERS:,} offers"
                raise InputError([Problem(self._name, "", "more", expected, "narrow them with --region and --gpu")])
            prices = self.offers[shape] = Prices()
        return prices

    def _better(self, shape: Shape, option: str, new: Quote, old: Quote | None) -> Quote:
        if old is not None and old.amount != new.amount and (old.as_of, old.since) == (new.as_of, new.since):
            self.uneven.add((shape, option))
        return new if new.beats(old) else old or new

    def finish(self) -> None:
        """Once all rows are in: drop spot prices that are no real ones, and offers left without a price."""
        for shape, prices in self.offers.items():
            if prices.spot and prices.on_demand and prices.spot.amount >= prices.on_demand.amount:
                prices.spot = None
                where = f"{shape.instance} in {shape.region}" if shape.region else shape.instance
                self.left_out.setdefault(NOT_REALLY_SOLD, Tally()).add(where)
        self.offers = {shape: prices for shape, prices in self.offers.items() if len(prices)}
        if self.uneven:
            self.note(
                f"rows of one offer differ in price for {_count(len(self.uneven), 'option')} (zones): "
                "the cheapest was taken"
            )

    def unmatched(self) -> list[Problem]:
        """Regions and GPUs that were asked for and that no row is about."""
        problems = []
        gpus = {known.name for known in self._gpus.values() if isinstance(known, GpuName)}
        for pattern in self.wanted.regions:
            if self._regions and not any(fnmatchcase(region, pattern) for region in self._regions):
                fix = nearest(pattern, self._regions) or _some("the regions are", sorted(self._regions))
                problems.append(Problem("--region", "", f"'{pattern}'", "a pattern that matches a region", fix))
        for name in self.wanted.gpus:
            if gpus and name.lower() not in {gpu.lower() for gpu in gpus}:
                fix = nearest(name, gpus) or _some("the GPUs are", sorted(gpus))
                problems.append(Problem("--gpu", "", f"'{name}'", "a GPU of these lists", fix))
        return problems


def whole_gpus(value: object) -> int:
    """How many GPUs a row is about. Raises Refused for none, for a part of one and for nonsense."""
    if value in (None, "", "NA"):
        raise Refused("without a GPU")
    count = number_of(value, "number of GPUs")
    if count <= 0:
        raise Refused("without a GPU")
    if count > _MOST_GPUS:
        raise Refused("more GPUs than an instance has", str(value)[:20])
    if count != int(count):
        raise Refused("part of a GPU" if count < 1 else "not a whole number of GPUs", f"{count:.3g} GPUs")
    return int(count)


def _some(words: str, names: Sequence[str], limit: int = 12) -> str:
    more = len(names) - limit
    return f"{words} {', '.join(names[:limit])}" + (f" and {more} more" if more > 0 else "")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
