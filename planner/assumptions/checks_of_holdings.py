"""What must hold between what is agreed, owned, held and limited, and the rest of the assumptions."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from planner.assumptions.checks import Checks, one_of
from planner.assumptions.figures import Path, Tree, at
from planner.assumptions.price_file import ON_DEMAND, SPOT
from planner.problems import nearest


def check_holdings(checks: Checks) -> None:
    """All checks of providers, spend commitments, APIs, fleet, held commitments, quotas and carbon."""
    _check_providers(checks)
    _check_spend_commitments(checks)
    _check_apis(checks)
    _check_fleet(checks)
    _check_held_commitments(checks)
    _check_quotas(checks)
    _check_carbon(checks)


def _items(checks: Checks, *path: str) -> Iterator[tuple[Path, Tree]]:
    """Path and mapping of the entries of a list, counted from 1."""
    found = at(checks.tree, path)
    for number, item in enumerate(found if isinstance(found, list) else [], 1):
        if isinstance(item, dict):
            yield (*path, str(number)), item


def _check_name(checks: Checks, path: Path, name: object, what: str, known: list[str]) -> bool:
    """Is that one of the known names? What is no text is left to validation."""
    if isinstance(name, str) and name and name not in known:
        checks.problem(path, name, one_of(what, known), nearest(name, known))
    return name in known


def _check_providers(checks: Checks) -> None:
    """A provider that no offer names is probably misspelt."""
    selling = [offer["provider"] for _, offer in checks.entries("cloud") if isinstance(offer.get("provider"), str)]
    for name in checks.names("providers"):
        if name not in selling:
            hint = nearest(name, selling)
            checks.warnings.append(
                f"providers.{name} has no effect: no offer of this plan has that provider{f' ({hint})' if hint else ''}"
            )


def _check_spend_commitments(checks: Checks) -> None:
    """Rates are of offers of one provider, and names are not those of other ways to buy them."""
    offers = dict(checks.entries("cloud"))
    for name, _ in checks.entries("spend_commitments"):
        path = ("spend_commitments", name)
        rated = checks.names(*path, "rates")
        found = [offer for offer in rated if _check_name(checks, (*path, "rates", offer), offer, "an offer", [*offers])]
        providers = list(dict.fromkeys(str(offers[offer].get("provider")) for offer in found))
        if len(providers) > 1:
            checks.problem((*path, "rates"), ", ".join(providers), "offers of one provider")
        taken = {ON_DEMAND, SPOT, *(option for offer in found for option in checks.names("cloud", offer, "reserved"))}
        if name in taken:
            expected = "a name that is not on_demand, spot, or a reserved option of one of its offers"
            checks.problem(path, name, expected)


def _check_apis(checks: Checks) -> None:
    offers, workloads = checks.names("cloud"), checks.names("workloads")
    for name, entry in checks.entries("apis"):
        if name in offers:
            checks.problem(("apis", name), name, "a name that no cloud offer has")
        allowed = entry.get("workloads")
        for workload in allowed if isinstance(allowed, list) and workloads else []:
            _check_name(checks, ("apis", name, "workloads"), workload, "a workload", workloads)


def _check_fleet(checks: Checks) -> None:
    servers = checks.names("servers")
    for path, entry in _items(checks, "fleet"):
        server, count = entry.get("server"), entry.get("count")
        _check_name(checks, (*path, "site"), entry.get("site"), "a site", checks.names("sites"))
        if _check_name(checks, (*path, "server"), server, "a server", servers):
            _check_whole(checks, (*path, "count"), count, at(checks.tree, ("servers", str(server), "whole_servers")))


def _check_whole(checks: Checks, path: Path, count: object, whole: object) -> None:
    if whole in (None, True) and isinstance(count, float) and not count.is_integer() and abs(count) < float("inf"):
        checks.problem(path, count, "a whole number of servers, as whole_servers is true")


def _check_held_commitments(checks: Checks) -> None:
    for path, entry in _items(checks, "held_commitments"):
        offer, option = entry.get("offer"), entry.get("option")
        if _check_name(checks, (*path, "offer"), offer, "an offer", checks.names("cloud")):
            check_option(checks, (*path, "option"), str(offer), option)


def check_option(checks: Checks, path: Path, offer: str, option: object) -> None:
    """Is that a reserved option of an offer of the plan?"""
    options = checks.names("cloud", offer, "reserved")
    if isinstance(option, str) and option and option not in options:
        expected = f"a reserved option of {offer} ({', '.join(options) or 'it has none'})"
        checks.problem(path, option, expected, nearest(option, options))


def _check_quotas(checks: Checks) -> None:
    """A quota over nothing limits nothing."""
    offers = checks.names("cloud")
    for path, entry in _items(checks, "limits", "quotas"):
        patterns = entry.get("offers")
        if patterns == []:
            checks.problem((*path, "offers"), patterns, "at least one name or pattern")
        for pattern in patterns if isinstance(patterns, list) else []:
            if isinstance(pattern, str) and not any(fnmatchcase(offer, pattern) for offer in offers):
                expected = f"{one_of('an offer', offers)}, or a pattern that matches one"
                checks.problem((*path, "offers"), pattern, expected, nearest(pattern, offers))


def _check_carbon(checks: Checks) -> None:
    """Where carbon is limited or priced, it must be known of everything that may run."""
    using = _carbon_key(checks)
    if not using:
        return
    expected = f"a value, as {using} uses it"
    for name, site in checks.entries("sites"):
        if "carbon_g_per_kwh" not in site and _may_stand(checks, name):
            checks.problem(("sites", name, "carbon_g_per_kwh"), None, f"{expected}, g per kWh")
    for name, offer in checks.entries("cloud"):
        if "carbon_g_per_gpu_hour" not in offer:
            checks.problem(("cloud", name, "carbon_g_per_gpu_hour"), None, f"{expected}, g per GPU-hour")


def _carbon_key(checks: Checks) -> str:
    """The key that limits or prices carbon, or nothing."""
    if at(checks.tree, ("limits", "carbon_tonnes", "per_year")):
        return "limits.carbon_tonnes"
    price: Any = at(checks.tree, ("finance", "carbon_price_per_tonne"))
    priced = isinstance(price, int | float) and price > 0
    return "finance.carbon_price_per_tonne" if priced else ""


def _may_stand(checks: Checks, site: str) -> bool:
    """May a server stand at a site, or does one?"""
    allowed = [server.get("sites") for _, server in checks.entries("servers")]
    owned = [entry.get("site") for _, entry in _items(checks, "fleet")]
    return site in owned or any(sites is None or (isinstance(sites, list) and site in sites) for sites in allowed)
