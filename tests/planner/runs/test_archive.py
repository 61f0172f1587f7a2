"""Export and import: what comes in is what went out, complete or not at all."""

from __future__ import annotations

import zipfile

import pytest

from planner.problems import InputError
from planner.runs import KeptRun
from planner.runs.archive import read_runs, write_archive


def test_out_and_in_again(small, tmp_path, other_inputs):
    kept = [KeptRun.of(small), other_inputs(KeptRun.of(small), "b")]
    write_archive(kept, tmp_path / "runs.zip")
    back = read_runs(tmp_path / "runs.zip")
    assert [(run.id, run.content, run.files, run.code, run.made_at) for run in back] == [
        (run.id, run.content, run.files, run.code, run.made_at) for run in kept
    ]
    write_archive(kept, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "runs.zip").read_bytes()


def test_a_folder_comes_in_too(small, tmp_path):
    (run,) = read_runs(small.save(tmp_path / "out"))
    assert run.id == KeptRun.of(small).id
    assert run.code == "", "who made it is not known, so it is never given as the answer"


@pytest.mark.parametrize("lost", ["plan.json", "inputs/week.csv", "inputs/forecast.csv"])
def test_an_archive_that_lacks_something_is_refused(small, tmp_path, lost):
    run = KeptRun.of(small)
    write_archive([run], tmp_path / "runs.zip")
    with zipfile.ZipFile(tmp_path / "runs.zip") as whole, zipfile.ZipFile(tmp_path / "part.zip", "w") as part:
        for name in whole.namelist():
            if name != f"{run.id}/{lost}":
                part.writestr(name, whole.read(name))
    with pytest.raises(InputError):
        read_runs(tmp_path / "part.zip")


@pytest.mark.parametrize("content", [b"", b"PK no archive"])
def test_something_else_is_refused(tmp_path, content):
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(InputError):
        read_runs(tmp_path / "x.zip")
    with pytest.raises(InputError, match="no such file"):
        read_runs(tmp_path / "y.zip")


def test_names_in_plans_that_lead_elsewhere_are_not_followed(small, tmp_path):
    run = KeptRun.of(small)
    inputs = {**run.inputs, "files": {**run.inputs["files"], "../secret.txt": "0" * 64}}
    folder = small.save(tmp_path / "out")
    (folder / "secret.txt").write_text("mine")
    import json

    (folder / "plan.json").write_text(json.dumps({**run.content, "inputs": inputs}))
    with pytest.raises(InputError, match="secret"):
        read_runs(folder)


def test_a_failed_export_leaves_nothing(small, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(InputError, match="No space left"):
        write_archive([KeptRun.of(small)], tmp_path / "runs.zip")
    assert [path.name for path in tmp_path.glob("*zip*")] == []
