"""What one more of something is worth, as the report says it; and gaps that are next to nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd

from planner.report.content import content_of
from planner.report.source import PlanDocument
from planner.report.tables import Column, Kind, table
from planner.report.worth_content import demand, others

HOUR = "currency per reference GPU-hour, orders fixed"
ORDER = "currency per unit ordered, discounted, orders fixed"
KW = "currency per kW, servers as fractions"
MONEY = "currency per currency more, discounted, servers as fractions"


def with_marginals(document: PlanDocument) -> PlanDocument:
    rows = [
        ("2027-01-01", "demand of chat", "peak", 3.0, HOUR),
        ("2027-01-01", "demand of chat", "median", 1.5, HOUR),
        ("2027-01-01", "demand of chat", "valley", 0.1, HOUR),
        ("2027-01-01", "demand of batch", "peak", float("nan"), HOUR),
        ("2027-01-01", "demand of batch", "median", 2.0, HOUR),
        ("2027-01-01", "demand of batch", "valley", 2.0, HOUR),
        ("2027-01-02", "order of lab/box", "best period", -12.5, ORDER),
        ("2027-01-02", "power limit of site lab", "", -4.0, KW),
        ("2027-01-03", "power limit of site lab", "", -9.0, KW),
        ("2027-01-01", "capex in total", "", -0.2, MONEY),
    ]
    frame = pd.DataFrame(rows, columns=["period", "what", "at", "amount", "unit"])
    return replace(document, tables={**document.tables, "marginals": frame})


def test_an_hour_more_costs_what_it_costs_at_peak_median_and_valley(document: PlanDocument) -> None:
    made = demand(with_marginals(document))
    assert made is not None
    assert made.texts() == [
        ["2027-01-01", "chat", "3.00", "1.50", "0.10"],
        ["2027-01-01", "batch", "-", "2.00", "2.00"],
    ]
    assert made.columns[2].head == f"At its peak ({document.head.currency}/GPU-h)"


def test_one_more_of_anything_else_stands_where_it_changes_most_with_unit_and_sign(document: PlanDocument) -> None:
    made, currency = others(with_marginals(document)), document.head.currency
    assert made is not None
    assert made.texts() == [
        ["order of lab/box", "2027-01-02", "-12.50", f"{currency} per unit ordered, discounted, orders fixed", "-"],
        ["power limit of site lab", "2027-01-03", "-9.00", f"{currency} per kW, servers as fractions", "2"],
        [
            "capex in total",
            "2027-01-01",
            "-0.20",
            f"{currency} per {currency} more, discounted, servers as fractions",
            "1",
        ],
    ]


def test_a_real_plan_has_the_section_and_one_without_values_has_none(document_with_all: PlanDocument) -> None:
    today = date(2027, 1, 1)
    (section,) = [part for part in content_of(document_with_all, today).sections if part.anchor == "worth"]
    assert "negative saves" in section.sentences[0]
    assert [made.name for made in section.tables] == ["hour-worth", "more-worth"]
    demanded = document_with_all.table("marginals")["what"].str.startswith("demand of ").sum()
    assert len(section.tables[0].rows) * 3 == demanded > 0
    empty = document_with_all.table("marginals").iloc[:0]
    without = replace(document_with_all, tables={**document_with_all.tables, "marginals": empty})
    assert "worth" not in [part.anchor for part in content_of(without, today).sections]


def test_a_gap_of_rounding_is_not_spelled_out() -> None:
    made = table("t", "t", (Column("gap", Kind.GAP),), [(3.4e-16,), (0.0,), (2e-4,)])
    assert made.texts() == [["0.0001 %"], ["0 %"], ["0.02 %"]]
