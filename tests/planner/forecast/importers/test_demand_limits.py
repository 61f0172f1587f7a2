"""Files that are too large, and the examples of docs/demand-files.md."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from demand_files import Job, focus_csv, focus_rows, sacct, utc

from planner.forecast.importers import sources, text_table

DOCS = Path(__file__).parents[4] / "docs" / "demand-files.md"
FLEET = [Job("w", utc("2026-03-01T00:00:00"), utc("2026-03-01T04:00:00"), 1)] * 3


def test_too_many_rows_are_refused(monkeypatch, imported, problems):
    monkeypatch.setattr(text_table, "MOST_ROWS", 4)
    assert imported("slurm", sacct(FLEET), timezone="UTC").notes.read == 3
    assert "more than 4 rows" in problems("slurm", sacct(FLEET * 2), timezone="UTC")
    assert "usage-1: found more than 4 rows" in problems("slurm", sacct(FLEET), sacct(FLEET), timezone="UTC")
    assert "more than 4 rows" in problems("focus", focus_csv(focus_rows(FLEET)))


def test_blank_rows_without_end_are_refused(monkeypatch, problems):
    monkeypatch.setattr(text_table, "MOST_ROWS", 10_000)
    assert "more than 10,000 rows" in problems(
        "slurm", gzip.compress(sacct(FLEET).encode() + b"\n" * 1_000_000), timezone="UTC"
    )


def test_too_much_json_is_refused(monkeypatch, problems):
    monkeypatch.setattr(sources, "MOST_JSON", 1 << 20)
    bomb = gzip.compress(b'{"data": "' + b" " * (2 << 20) + b'"}')
    assert "more than 1 MiB of JSON" in problems("opencost", bomb)


@pytest.mark.parametrize(
    ("kind", "start", "options", "workload", "gpu_hours"),
    [
        ("slurm", "JobID|", {"timezone": "Europe/Berlin"}, "vision", 32.0),
        ("prometheus", '{"status"', {"workload_from": "namespace"}, "chat", 8.0),
        ("focus", "ChargeCategory,", {"workload_from": "Tags.team"}, "chat", 8.0),
        ("opencost", '{"code"', {}, "chat", 8.0),
    ],
)
def test_the_examples_of_the_documentation(demand, kind, start, options, workload, gpu_hours):
    blocks = re.findall(r"```\w*\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    (example,) = [block for block in blocks if block.startswith(start)]
    assert demand(kind, example, **options).sum().to_dict() == {workload: gpu_hours}
