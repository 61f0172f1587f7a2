"""Whose prices a list holds, where its columns do not say so but its name does: `aws/vms.csv`, `runpod.csv`."""

from __future__ import annotations

import re
from pathlib import Path

from planner.problems import InputError, Problem

_KNOWN = {
    "aws", "azure", "gcp", "oci", "ibm", "lambda", "runpod", "coreweave", "nebius", "digitalocean", "vultr", "crusoe",
    "cudo", "tensordock", "vast", "verda", "datacrunch", "fluidstack", "paperspace", "hyperbolic", "hyperstack",
    "shadeform", "primeintellect", "seeweb", "mithril", "yotta", "scp", "scaleway", "ovhcloud", "cloudrift",
    "hotaisle", "jarvislabs", "lium", "simplepod", "spheron", "daytona", "together",
}  # fmt: skip
_SPELLINGS = {"lambdalabs": "lambda", "vastai": "vast", "do": "digitalocean", "cudocompute": "cudo"}


def provider_of(path: Path, name: str, given: str) -> str:
    """The provider: as given, else from the file's name, else from its folder's. Raises InputError."""
    if given:
        return given
    for part in (path.name.partition(".")[0], path.absolute().parent.name):
        found = {_SPELLINGS.get(word, word) for word in re.split(r"[^a-z]+", part.lower())} & _KNOWN
        if len(found) == 1:
            return found.pop()
    expected = "the provider in the file's name, such as aws.csv, or in its folder's, such as aws/vms.csv"
    raise InputError([Problem(name, "", "", expected, "or say whose prices they are with --provider")])
