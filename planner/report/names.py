"""Names of the files of a report; nothing is imported for them."""

from __future__ import annotations

PAGE, WORKBOOK, PICTURES = "report.html", "report.xlsx", "pictures"
DRAWN = ("capacity", "load-duration", "screening", "cumulative-cost", "components", "timeline")
"""The pictures of a plan."""


def report_names() -> list[str]:
    """Every file that a report can consist of, relative to its folder."""
    return [PAGE, WORKBOOK, *(f"{PICTURES}/{name}.{form}" for name in DRAWN for form in ("svg", "png"))]
