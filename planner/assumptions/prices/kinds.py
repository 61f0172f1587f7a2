"""The kinds of price lists, and how to tell them apart."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from planner.assumptions.prices import aws, gcp, gpuhunt, skypilot
from planner.assumptions.prices.tables import Head
from planner.problems import Problem, nearest


class Kind(StrEnum):
    """Who wrote a price list."""

    SKYPILOT = "skypilot"
    GPUHUNT = "gpuhunt"
    AZURE = "azure"
    AWS = "aws"
    GCP = "gcp"


WHAT: Mapping[Kind, str] = {
    Kind.SKYPILOT: "a catalogue of SkyPilot (vms.csv)",
    Kind.GPUHUNT: "a list of gpuhunt (CSV)",
    Kind.AZURE: "retail prices of Azure (JSON)",
    Kind.AWS: "a price list of AWS (CSV, its header on row 6)",
    Kind.GCP: "a table of GCP instances per region (CSV)",
}

REQUIRED: Mapping[Kind, tuple[str, ...]] = {
    Kind.SKYPILOT: skypilot.REQUIRED,
    Kind.GPUHUNT: gpuhunt.REQUIRED,
    Kind.AWS: aws.REQUIRED,
    Kind.GCP: gcp.REQUIRED,
}

_SAME = 0.6
"""A file with this share of a kind's columns is one of that kind, with columns missing."""


def looks_like(head: Head) -> Kind | None:
    """The kind of list that a file seems to be."""
    first = next((cell for record in head.records for cell in record if cell), "")
    if first.startswith(("{", "[")):
        return Kind.AZURE
    shares = {kind: _share(head, kind) for kind in REQUIRED}
    best = max(shares, key=lambda kind: shares[kind])
    return best if shares[best] >= _SAME else None


def _share(head: Head, kind: Kind) -> float:
    return len(set(REQUIRED[kind]) & set(head.header)) / len(REQUIRED[kind])


def wrong_kind(head: Head, kind: Kind, name: str) -> Problem | None:
    """What is wrong where a file is of another kind than was said; None where it may be of that kind."""
    likely = looks_like(head)
    if likely is kind:
        return None
    if likely is not None:
        fix = f"it looks like {WHAT[likely]}: planner prices {likely} {Path(name).name}"
        return Problem(name, "", "another kind of list", WHAT[kind], fix)
    if kind is Kind.AZURE:
        return Problem(name, "", "no JSON", WHAT[kind])
    header = [cell for cell in head.header if cell]
    found = ", ".join(header[:8])[:200] + (" …" if len(header) > 8 else "")
    missing = [column for column in REQUIRED[kind] if column not in header]
    close = {column: near for column in missing if (near := nearest(column, header))}
    fix = "; ".join(f"{column}: {near}" for column, near in list(close.items())[:6])
    expected = f"{WHAT[kind]}, with the columns {', '.join(REQUIRED[kind])}"
    return Problem(name, "header", found or "no columns", expected, fix)
