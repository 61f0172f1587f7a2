"""CSV from standard input and compressed, and what is too large to be read."""

import bz2
import gzip
import io
import lzma
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from planner.forecast import content
from planner.forecast.read import read_forecast
from planner.problems import InputError

TEXT = b"timestamp,gpus\n2027-01-01,1\n2027-02-01,2\n"


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "f.csv.gz": gzip.compress,
    "f.csv.bz2": bz2.compress,
    "f.csv.XZ": lzma.compress,
    "f.csv.zst": lambda data: pa.compress(data, "zstd", asbytes=True),
    "f.csv.zip": lambda data: zipped({"inner.csv": data, "__MACOSX/._inner.csv": b"x"}),
    "f.gz": gzip.compress,
    "f.txt": lambda data: data,
}


def file_problems(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_forecast(path)
    return [str(problem).removeprefix(f"{path}: ") for problem in caught.value.problems]


@pytest.mark.parametrize("name", COMPRESS)
def test_compressed_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(COMPRESS[name](TEXT))
    assert read_forecast(path).amounts["gpus"].tolist() == [[1], [2]]
    path.write_bytes(COMPRESS[name](TEXT + b"2027-03-01,1,2\n2027-04-01,x\n"))
    found = file_problems(path)
    assert "row 4: found 3 fields; expected 2" in found[0]
    assert "row 5, column gpus: found x" in found[1]
    path.write_bytes(COMPRESS[name](TEXT + b"2027-03-01,\xff\n"))
    assert file_problems(path) == ["row 4: found byte 0xff; expected text in UTF-8 (save it as CSV in UTF-8)"]


@pytest.mark.parametrize("name", [name for name in COMPRESS if name != "f.txt"])
def test_cut_off_and_absent(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert file_problems(path) == ["expected a file of that name (there is none)"]
    whole = COMPRESS[name](TEXT * 50)
    path.write_bytes(whole[: len(whole) * 2 // 3])
    assert "expected a CSV file that can be read (" in file_problems(path)[0]


def test_zip_files_hold_one_file(tmp_path: Path) -> None:
    path = tmp_path / "f.zip"
    path.write_bytes(zipped({"a.csv": TEXT, "b.csv": TEXT}))
    assert file_problems(path) == ["found 2 files: a.csv, b.csv; expected a zip file that holds one CSV file"]
    path.write_bytes(zipped({}))
    assert file_problems(path) == ["found no files; expected a zip file that holds one CSV file"]
    locked = bytearray(zipped({"a.csv": TEXT}))
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(locked)
    assert "expected a CSV file that can be read (" in file_problems(path)[0]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEXT)))
    forecast = read_forecast("-")
    assert forecast.file == "(standard input)"
    assert forecast.amounts["gpus"].tolist() == [[1], [2]]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"timestamp,gpus\n2027-01-01,1,2\n2027-02-01,\xff\n")))
    with pytest.raises(InputError, match=r"\(standard input\): row 3: found byte 0xff"):
        read_forecast("-")
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InputError, match="there is none"):
        read_forecast("-")


# Too much


@pytest.mark.parametrize("name", COMPRESS)
def test_bombs_are_refused_while_they_unpack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(content, "MOST_BYTES", 5_000_000)
    path = tmp_path / name
    path.write_bytes(COMPRESS[name](b"timestamp,gpus\n" + b"2027-01-01,1\n" * 500_000))
    assert file_problems(path) == [
        "found more; expected at most 5,000,000 bytes of text (sum it to hours or longer, or to fewer workloads)"
    ]


@pytest.mark.parametrize(("limit", "text"), [("MOST_ROWS", "at most 50 rows"), ("MOST_CELLS", "at most 50 cells")])
def test_very_many_rows_and_cells_are_refused(csv, monkeypatch: pytest.MonkeyPatch, limit: str, text: str) -> None:
    path = csv("timestamp,gpus\n" + "2027-01-01,1\n" * 60)
    monkeypatch.setattr(content, limit, 50)
    assert f"found more; expected {text}" in file_problems(path)[0]


def test_a_million_empty_rows_are_quickly_nothing(csv) -> None:
    assert file_problems(csv("timestamp,gpus\n" + "\n" * 10**6)) == [
        "row 2: expected at least one row below the header"
    ]


def test_rows_without_an_end_and_headers_without_one(tmp_path: Path, csv) -> None:
    path = csv("timestamp,gpus\n2027-01-01," + "1" * 3 * 2**20)
    (problem,) = file_problems(path)
    assert problem == "row 2: found a longer one; expected rows of at most 1,048,576 bytes (is it a CSV file?)"
    assert "found a longer one" in file_problems(csv("x" * 3 * 2**20))[0]
    assert "expected at most 10,000 columns" in file_problems(csv("," * 3 * 2**20))[0]
    assert "expected at most 10,000 columns" in file_problems(csv("," * 20_000 + "\n"))[0]
    assert "expected at most 10,000 columns" in file_problems(csv('"\n"' + "," * 20_000 + "\n"))[0]
    if Path("/dev/zero").exists():
        assert "found a longer one" in file_problems(Path("/dev/zero"))[0]


def test_one_long_row_among_many_is_told_without_keeping_all(csv) -> None:
    path = csv("timestamp,gpus\n" + "2027-01-01,1\n" * 250_000 + "2027-01-02,1,2\n" + "2027-01-01,1\n")
    found = file_problems(path)
    assert found[0].startswith("row 250002: found 3 fields; expected 2, as in the header")
    assert "row 3, column timestamp: found 2027-01-01, as in row 2" in found[1]


def test_very_many_workloads_are_refused(csv) -> None:
    path = csv("timestamp,workload,gpus\n" + "".join(f"2027-01-01,w{number},1\n" for number in range(10_001)))
    assert file_problems(path) == [
        "column workload: found 10,001 names; expected at most 10,000 workloads (a workload is a class of work)"
    ]


def test_half_a_million_rows_in_seconds(csv) -> None:
    """Ten million take a minute at most: see docs/forecast-files.md."""
    hours = np.datetime_as_string(np.datetime64("2020-01-01T00", "m") + np.arange(50_000) * 60)
    path = csv("timestamp,workload,gpu_hours\n" + "".join(f"{hour},w{w},1.5\n" for w in range(10) for hour in hours))
    started = time.process_time()
    forecast = read_forecast(path)
    assert time.process_time() - started < 6
    assert forecast.amounts["gpu_hours"].shape == (50_000, 10)
