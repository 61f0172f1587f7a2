"""Mutated files of every kind: each a demand or a list of problems, never anything else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from demand_files import Job, allocation, focus_csv, focus_rows, query_range, sacct, samples, utc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.forecast.importers.common import Kind
from planner.forecast.importers.run import FillHoles, Options, import_demand
from planner.forecast.importers.written import forecast_csv, report
from planner.problems import InputError

START = utc("2026-03-01T00:00:00")
END = START + timedelta(hours=5)
FLEET = (Job("chat", START, START + timedelta(minutes=90), 8), Job("train", START + timedelta(hours=1), END, 4))
EXAMPLES = {
    Kind.SLURM: sacct(FLEET).encode(),
    Kind.PROMETHEUS: query_range(samples(FLEET, START, END, 1800), START, 1800).encode(),
    Kind.FOCUS: focus_csv(focus_rows(FLEET)).encode(),
    Kind.OPENCOST: allocation(FLEET, START, END).encode(),
}
PIECES = [
    *(b"", b"\0", b"\xff", b'"', b"|", b",", b"\n", b"{}", b"[]", b"null", b"-1", b"NaN", b"1e999", b"Unknown"),
    *(b"9" * 20, b"0001-01-01T00:00:00", b"9999-12-31T23:59:59Z", b"\xf0\x9f\x9a\x80", b'{"GpuCount": 1e9}', b"-0"),
]
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(PIECES) | st.binary(max_size=4)), max_size=4
)


def mutated(content, edits, kept):
    for place, cut, piece in edits:
        at = int(place * len(content))
        content = content[:at] + piece + content[at + cut :]
    return content[: int(kept * len(content)) + 1]


@pytest.mark.parametrize("kind", list(Kind))
@settings(deadline=5000, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS, kept=st.just(1.0) | st.floats(0, 1), other=st.sampled_from(list(Kind)), swap=st.integers(0, 9))
def test_a_demand_or_a_list_of_problems(tmp_path, kind, edits, kept, other, swap):
    file = tmp_path / "x"
    file.write_bytes(mutated(EXAMPLES[kind if swap else other], edits, kept))
    options = Options(
        timezone="Europe/Berlin" if kind is Kind.SLURM else None,
        fill_holes=None if kind is Kind.SLURM or swap % 2 else FillHoles.ZERO,
    )
    found, imported = None, None
    try:
        imported = import_demand(kind, [str(file)], options)
    except InputError as error:
        found = error.problems
    if imported is None:
        assert found
        assert all(len(str(problem)) < 1000 for problem in found)
        return
    gpu_hours = imported.hours.gpu_hours
    assert gpu_hours.shape[1] == len(set(imported.hours.workloads)) > 0
    assert np.isfinite(gpu_hours).all()
    assert (gpu_hours >= 0).all()
    assert report(imported)
    if gpu_hours.size < 10_000:
        assert len(forecast_csv(imported.hours).splitlines()) == gpu_hours.size + 1
    assert [path.name for path in Path(tmp_path).iterdir()] == ["x"]
