"""Columns and types of the tables that are kept for reports: what pictures and cost rows are made from."""

from __future__ import annotations

from collections.abc import Mapping

DETAIL_COLUMNS: Mapping[str, str] = {
    "component": "str",
    "supply": "str",
    "quantity": "float64",
    "unit": "str",
    "unit_price": "float64",
    "amount": "float64",
    "discounted": "float64",
}
BASELINE_COLUMNS: Mapping[str, str] = {"name": "str", "period": "str", "amount": "float64", "discounted": "float64"}
LOAD_COLUMNS: Mapping[str, str] = {"period": "str", "average_gpus": "float64", "peak_gpus": "float64"}
DURATION_COLUMNS: Mapping[str, str] = {
    "period": "str",
    "share_from": "float64",
    "share_to": "float64",
    "supply": "str",
    "gpus": "float64",
}
SCREENING_COLUMNS: Mapping[str, str] = {
    "workload": "str",
    "name": "str",
    "kind": "str",
    "fixed_per_gpu_year": "float64",
    "per_gpu_hour": "float64",
}
