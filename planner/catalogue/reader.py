"""The catalogue as Python: read once, when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.yaml_text import read_yaml
from planner.catalogue.gpu import Gpu

Entries = Mapping[str, Mapping[str, Any]]
"""Entries as in an assumptions file, by name, figures in the notation {value, source, as_of}. Never to be changed."""


@dataclass(frozen=True)
class Catalogue:
    """Everything that the planner knows without being told."""

    currency: str
    gpus: Mapping[str, Gpu]
    servers: Entries
    cloud: Entries
    workloads: Entries
    sites: Entries
    default_servers: tuple[str, ...]
    """Taken where a file has no section `servers`."""
    default_cloud: tuple[str, ...]
    """Taken where a file has no section `cloud`."""
    default_site: str
    """Taken where a file has no section `sites`."""
    default_workload: str
    """The profile of workloads that have none of their own name, where a file has no section `workloads`."""
    business_hours: NDArray[np.int64]
    """business_hours[rank]: the 168 hours of the week (0 = Monday 00:00 UTC), the busiest first."""

    def entries(self, section: str) -> Entries:
        """The entries of a section of assumptions files: workloads, sites, servers or cloud."""
        return {"workloads": self.workloads, "sites": self.sites, "servers": self.servers, "cloud": self.cloud}[section]


@cache
def catalogue() -> Catalogue:
    """The catalogue that ships with the planner."""
    general = _data("general")
    order = [24 * day + hour for group in general["business_hours"] for hour in group["hours"] for day in group["days"]]
    business_hours = np.array(order, dtype=np.int64)
    business_hours.flags.writeable = False
    return Catalogue(
        currency=general["currency"],
        gpus={name: Gpu(name=name, **row) for name, row in _data("gpus")["gpus"].items()},
        servers=_data("servers")["servers"],
        cloud=_data("cloud")["cloud"],
        workloads=_data("workloads")["workloads"],
        sites=_data("sites")["sites"],
        default_servers=tuple(general["default_servers"]),
        default_cloud=tuple(general["default_cloud"]),
        default_site=general["default_site"],
        default_workload=general["default_workload"],
        business_hours=business_hours,
    )


def _data(name: str) -> dict[str, Any]:
    file = f"{name}.yaml"
    text = (files("planner.catalogue") / "data" / file).read_text(encoding="utf-8")
    tree, problems = read_yaml(text, file)
    if tree is None or problems:
        raise RuntimeError(f"the catalogue is damaged: {problems}")
    return tree
