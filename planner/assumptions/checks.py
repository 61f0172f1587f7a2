"""What must hold between entries: names that exist, GPUs that are known, files that are there.

The checks read the merged tree rather than the validated classes, so that an entry with one mistake is still checked
for all the others; what has the wrong type is left to validation.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from planner.assumptions.complete import FileOf
from planner.assumptions.durations import Duration
from planner.assumptions.figures import Tree, at, dotted, show
from planner.assumptions.schema import Assumptions, Workload
from planner.catalogue.gpu import Gpu
from planner.problems import Problem, nearest


@dataclass
class Checks:
    """The tree under check, and what was found so far."""

    tree: Tree
    gpus: Mapping[str, Gpu]
    file_of: FileOf
    folder: Path
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def entries(self, *path: str) -> list[tuple[str, Tree]]:
        """Name and mapping of the entries below a path."""
        section = at(self.tree, path)
        if not isinstance(section, dict):
            return []
        return [(name, entry) for name, entry in section.items() if isinstance(entry, dict)]

    def names(self, *path: str) -> list[str]:
        """The names below a path, whatever is wrong with their entries."""
        section = at(self.tree, path)
        return list(section) if isinstance(section, dict) else []

    def problem(self, path: tuple[str, ...], value: object, expected: str, fix: str = "") -> None:
        """Note a problem at a path; None stands for something missing."""
        shown = "" if value is None else show(value)
        self.problems.append(Problem(self.file_of(path), dotted(path), shown, expected, fix))

    @property
    def supplies(self) -> Iterator[tuple[str, str]]:
        """`servers.x` or `cloud.x`, and its GPU."""
        for section in ("servers", "cloud"):
            for name, entry in self.entries(section):
                if isinstance(entry.get("gpu"), str):
                    yield f"{section}.{name}", entry["gpu"]


def check(checks: Checks, workloads: Sequence[str] | None) -> None:
    """All checks across entries; `workloads` are the forecast's, None where it could not be read."""
    _check_workload_names(checks, workloads)
    _check_gpus(checks)
    _check_speeds(checks)
    _check_sites(checks)
    _check_pools(checks)
    _check_decisions(checks)
    _check_regions(checks)
    _check_resale(checks)
    _check_shapes(checks)


def _check_workload_names(checks: Checks, workloads: Sequence[str] | None) -> None:
    """Every workload of the forecast is listed; others change nothing, and a warning says so."""
    listed = checks.names("workloads")
    if workloads is None or not isinstance(checks.tree.get("workloads"), dict):
        return
    missing = [name for name in workloads if name not in listed]
    extra = [name for name in listed if name not in workloads]
    if missing:
        close = [f"{name}: {hint}" for name in missing if (hint := nearest(name, extra))]
        names = ", ".join(f"'{name}'" for name in missing)
        fix = "; ".join(close) or "list it, or leave the section out"
        checks.problem(("workloads",), None, f"an entry for every workload of the forecast; missing: {names}", fix)
    if extra:
        names = ", ".join(f"workloads.{name}" for name in extra)
        checks.warnings.append(f"not in the forecast, so without effect: {names}")


def _check_gpus(checks: Checks) -> None:
    """Memory is needed for GPUs outside the table; workloads name GPUs that are known."""
    for section in ("servers", "cloud"):
        for name, entry in checks.entries(section):
            gpu = entry.get("gpu")
            if isinstance(gpu, str) and gpu and gpu not in checks.gpus and entry.get("gpu_memory_gb") is None:
                table = ", ".join(checks.gpus)
                expected = f"a GPU of the catalogue's table ({table}), or gpu_memory_gb beside it"
                checks.problem((section, name, "gpu"), gpu, expected, nearest(gpu, checks.gpus))
    known = [*checks.gpus, *(gpu for _, gpu in checks.supplies)]
    for name, entry in checks.entries("workloads"):
        reference = entry.get("reference_gpu")
        if isinstance(reference, str) and reference and reference not in known:
            checks.problem(("workloads", name, "reference_gpu"), reference, _A_GPU, nearest(reference, known))
        for key in ("speed", "throughput"):
            for gpu in checks.names("workloads", name, key):
                if gpu not in known:
                    checks.problem(("workloads", name, key, gpu), gpu, _A_GPU, nearest(gpu, known))


_A_GPU = "a GPU that the catalogue's table, a server or an offer names"


def _check_speeds(checks: Checks) -> None:
    """Capacity that no workload can use is worth a warning."""
    idle: dict[str, list[str]] = {}
    for place, gpu in checks.supplies:
        entries = checks.entries("workloads")
        if entries and not any(_has_speed(entry, gpu, checks.gpus) for _, entry in entries):
            idle.setdefault(gpu, []).append(place)
    for gpu, places in idle.items():
        checks.warnings.append(
            f"no workload can run on {gpu} ({', '.join(places)}): "
            "give its speed or throughput, as the catalogue has none"
        )


def _has_speed(workload: Tree, gpu: str, table: Mapping[str, Gpu]) -> bool:
    reference = workload.get("reference_gpu", default_reference_gpu())
    if not isinstance(reference, str):
        return True  # said by validation
    speed, throughput = workload.get("speed", {}), workload.get("throughput", {})
    if isinstance(speed, dict) and gpu in speed:
        return bool(speed[gpu] != 0)
    measured = isinstance(throughput, dict) and gpu in throughput and reference in throughput
    return bool(measured) or gpu == reference or (gpu in table and reference in table)


def default_reference_gpu() -> str:
    """The format's default for `reference_gpu`."""
    return str(Workload.model_fields["reference_gpu"].default)


def _check_sites(checks: Checks) -> None:
    sites = checks.names("sites")
    for name, entry in checks.entries("servers"):
        allowed = entry.get("sites")
        for site in allowed if isinstance(allowed, list) else []:
            if isinstance(site, str) and site not in sites:
                checks.problem(("servers", name, "sites"), site, one_of("a site", sites), nearest(site, sites))
    if not sites and checks.names("servers"):
        checks.warnings.append("there is no site, so no server can be bought")


def _check_pools(checks: Checks) -> None:
    """What is owned and what is reserved is told apart in plans by `site/server` and `offer/option`."""
    first: dict[str, str] = {}
    for kind, name, above, below in _pools(checks):
        label = f"{above}/{below}"
        other = first.setdefault(label, f"{above} and {below} of {kind}")
        if other != f"{above} and {below} of {kind}":
            expected = f"names that make no other '{label}' in the plan, as {other} do"
            checks.problem((kind, name), label, expected, "rename one of them")


def _pools(checks: Checks) -> Iterator[tuple[str, str, str, str]]:
    """Section and entry of everything that may be owned or reserved, and the two parts of its name in plans."""
    for name in checks.names("servers"):
        for site in checks.names("sites"):
            yield "servers", name, site, name
    for name, _ in checks.entries("cloud"):
        for option in checks.names("cloud", name, "reserved"):
            yield "cloud", name, name, option


def one_of(what: str, names: Sequence[str]) -> str:
    """`a site of this plan (lab, attic)`."""
    return f"{what} of this plan ({', '.join(names) or 'there is none'})"


_DECIDED = {"server": "servers", "site": "sites", "offer": "cloud", "spend_commitment": "spend_commitments"}
"""Keys of a decision that name an entry → the section of that entry."""


def _check_decisions(checks: Checks) -> None:
    """The names in decisions exist, and go together."""
    decisions = checks.tree.get("decisions")
    for number, decision in enumerate(decisions if isinstance(decisions, list) else [], 1):
        if not isinstance(decision, dict):
            continue
        for key, section in _DECIDED.items():
            value, known = decision.get(key), checks.names(section)
            if isinstance(value, str) and value not in known:
                path = ("decisions", str(number), key)
                what = "an offer" if key == "offer" else f"a {key.replace('_', ' ')}"
                checks.problem(path, value, one_of(what, known), nearest(value, known))
        offer, option = decision.get("offer"), decision.get("option")
        if offer in checks.names("cloud") and isinstance(option, str):
            options = checks.names("cloud", str(offer), "reserved")
            if option not in options:
                expected = f"a reserved option of {offer} ({', '.join(options) or 'it has none'})"
                checks.problem(("decisions", str(number), "option"), option, expected, nearest(option, options))
        server, site = decision.get("server"), decision.get("site")
        allowed = at(checks.tree, ("servers", str(server), "sites"))
        if isinstance(allowed, list) and site in checks.names("sites") and site not in allowed:
            expected = f"a site where {server} may stand ({', '.join(map(str, allowed))})"
            checks.problem(("decisions", str(number), "site"), site, expected)


def _check_regions(checks: Checks) -> None:
    """A pattern that matches nothing is probably misspelt."""
    regions = {
        entry.get("region", "")
        for section in ("sites", "cloud")
        for _, entry in checks.entries(section)
        if isinstance(entry.get("region", ""), str)
    }
    for name, entry in checks.entries("workloads"):
        patterns = entry.get("regions")
        for pattern in patterns if isinstance(patterns, list) else []:
            if isinstance(pattern, str) and not any(fnmatchcase(region, pattern) for region in regions):
                checks.warnings.append(
                    f"workloads.{name}.regions: '{pattern}' matches no region of a site or an offer "
                    f"({', '.join(sorted(filter(None, regions))) or 'none has a region'})"
                )


def _check_resale(checks: Checks) -> None:
    """One share per age, however the age is written."""
    for name, _ in checks.entries("servers"):
        ages: dict[Any, str] = {}
        for age in checks.names("servers", name, "resale"):
            try:
                hours = Duration.parse(age).hours
            except ValueError:
                continue
            if hours in ages:
                expected = "each age once"
                checks.problem(("servers", name, "resale", age), age, expected, f"it is the same as '{ages[hours]}'")
            ages.setdefault(hours, age)


def _check_shapes(checks: Checks) -> None:
    """Files of load shapes are there."""
    places = [("demand",), *(("workloads", name) for name, _ in checks.entries("workloads"))]
    for place in places:
        path = (*place, "load_shape", "hour_of_week")
        file = at(checks.tree, path)
        if isinstance(file, str) and file and not os.path.isfile(checks.folder / file):
            checks.problem(path, file, f"an existing file, looked for in {_shown(checks.folder)}")


def _shown(folder: Path) -> str:
    return "the current folder" if str(folder) == "." else str(folder)


def check_currency(checks: Checks, currency_keys: Sequence[str], catalogue_currency: str) -> None:
    """Figures are never converted: prices of the catalogue are in the catalogue's currency."""
    currency = checks.tree.get("currency", Assumptions.model_fields["currency"].default)
    if not isinstance(currency, str) or currency == catalogue_currency or not currency_keys:
        return
    shown = ", ".join(currency_keys[:12])
    more = f" and {len(currency_keys) - 12} more" if len(currency_keys) > 12 else ""
    checks.problem(
        ("currency",),
        currency,
        f"{catalogue_currency}, as prices of the catalogue are in use, and figures are never converted",
        f"give these in {currency}: {shown}{more}",
    )
