"""Whatever a file holds, reading it gives a forecast that is whole, or an InputError: never another exception."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planner.forecast.read import read_forecast
from planner.problems import InputError

cells = st.sampled_from(
    ["2027-01-01", "2027-01-02", "2027-02-01", "2027-01-01T01:00Z", "9999-12-31", "2027", "x", "a", "b ", "", " ", "NA",
     "1", "0", "-1", "1e308", "1e999", "nan", '"1,5"', '"', "timestamp", "workload", "gpus", "gpu_hours", "GPUs",
     "\x00", "output_tokens", "scenario", "é"]
)  # fmt: skip
headers = st.sampled_from(
    ["timestamp,workload,gpus", "timestamp,a,b", "ds,unique_id,output_tokens", "timestamp,gpus,scenario", "a,b,c"]
)
rows = st.lists(st.lists(cells, min_size=1, max_size=4).map(",".join), max_size=8)
files = st.one_of(
    st.tuples(headers, rows).map(lambda parts: "\n".join([parts[0], *parts[1]]).encode()),
    rows.map(lambda lines: "\r\n".join(lines).encode()),
    st.binary(max_size=60),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")),
)


@settings(max_examples=120, deadline=None)
@given(content=files)
@example(b"timestamp,gpus\n2027-01-01,1e308\n2027-01-02,1e308\n")
@example(b'"')
@example(b"\xef\xbb\xbf")
@example(b"a\n1,2")
def test_any_bytes(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.csv"
        path.write_bytes(content)
        try:
            forecast = read_forecast(path)
        except InputError:
            return
    for amounts in forecast.amounts.values():
        assert amounts.shape == (len(forecast.starts), len(forecast.workloads))
        assert (np.isfinite(amounts) & (amounts >= 0)).all()
    assert forecast.starts.is_monotonic_increasing
    assert forecast.starts.is_unique
