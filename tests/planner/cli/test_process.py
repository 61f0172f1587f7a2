"""Real processes: what only a real interpreter, its streams and signals can show."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from planner.terminal.console import make_console

HERE = str(Path(__file__).parent)
FAKE = f"import sys; sys.path.insert(0, {HERE!r}); import fake_plan; fake_plan.install(); "
MAIN = "from planner.cli import main; main()"


def start(*command: str, cwd: Path, env: dict[str, str] | None = None, **streams) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "FORCE_COLOR")}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    return subprocess.Popen(
        [sys.executable, *command], cwd=cwd, env=environment | (env or {}), text=True, encoding="utf-8", **streams
    )


def finish(*command: str, **named) -> tuple[int, str, str]:
    with start(*command, **named) as process:
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err


def test_help_imports_nothing_heavy(tmp_path):
    heavy = "{'pandas', 'pulp', 'numpy', 'highspy', 'pydantic', 'yaml', 'rich.table'}"
    script = f"""
import sys
sys.argv = ["planner", "--help"]
from planner.cli import main
try:
    main()
except SystemExit:
    sys.stderr.write(repr(sorted({heavy} & set(sys.modules))))
"""
    code, out, err = finish("-c", script, cwd=tmp_path)
    assert code == 0
    assert out.startswith("Usage: planner [OPTIONS] COMMAND")
    assert err == "[]"


def test_python_m_planner(tmp_path):
    assert finish("-m", "planner", "--version", cwd=tmp_path)[:1] == (0,)
    code, out, err = finish("-m", "planner", "plann", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert "No such command 'plann'" in err
    assert "Traceback" not in err


def test_json_to_a_pipe_is_json_even_in_ascii(tmp_path):
    code, out, _ = finish(
        "-c", FAKE + MAIN, "plan", "d.csv", "--json", cwd=tmp_path, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    )
    assert code == 0
    assert json.loads(out)["run"] == "lab-2027"


def test_report_to_a_pipe_that_knows_only_ascii(tmp_path):
    env = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    code, out, err = finish("-c", FAKE + MAIN, "plan", "d.csv", cwd=tmp_path, env=env)
    assert code == 0
    assert "Total cost 1,000,000 USD" in out
    assert "Traceback" not in err


def test_piped_report_has_no_colour_and_120_columns(tmp_path):
    code, out, _ = finish("-c", FAKE + MAIN, "plan", "d.csv", cwd=tmp_path)
    assert code == 0
    assert "\x1b" not in out
    assert 100 < max(map(len, out.splitlines())) <= 120


@pytest.mark.parametrize("command", [["catalogue"], ["plan", "d.csv"], ["plan", "d.csv", "--json"], ["--help"]])
def test_a_closed_pipe_is_silent(tmp_path, command):
    reader, writer = os.pipe()
    os.close(reader)
    process = start("-c", FAKE + MAIN, *command, cwd=tmp_path, stdout=writer)
    os.close(writer)
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    assert "Exception" not in err
    assert "Errno" not in err
    if command[0] == "plan":
        assert process.returncode == 0, "the plan was made"
        assert (tmp_path / "plans/lab-2027/plan.json").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_output_that_cannot_be_written_is_no_traceback(tmp_path):
    with open("/dev/full", "w") as full:
        code, _, err = finish("-c", FAKE + MAIN, "catalogue", cwd=tmp_path, stdout=full)
    assert code == 2
    assert "No space left" in err
    assert "Traceback" not in err


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_while_planning(tmp_path):
    script = FAKE + (
        "import time, types\n"
        "def slow(*a, **k):\n"
        "    print('started', file=sys.stderr, flush=True)\n"
        "    time.sleep(60)\n"
        "sys.modules['planner.api'] = types.SimpleNamespace(plan=slow)\n"
    )
    with start("-c", script + MAIN, "plan", "d.csv", cwd=tmp_path) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "started\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.readline().startswith("stopping with the best plan so far")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err.strip() == "interrupted"


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("seconds", [0.7, 1.5, 2.5])
def test_ctrl_c_gives_the_best_plan_so_far_or_none(tmp_path, seconds):
    lab = Path(__file__).parents[3] / "inputs" / "training-lab"
    arguments = ("plan", str(lab / "forecast.csv"), "-a", str(lab / "assumptions.yaml"), "-o", "plan", "--gap", "1e-9")
    with start("-m", "planner", *arguments, cwd=tmp_path) as process:
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode in (0, 1, 130), err
    assert (tmp_path / "plan" / "plan.json").exists() == (process.returncode == 0)
    assert (tmp_path / "plan").exists() == (process.returncode == 0), "a half-written folder"


def test_the_console_leaves_a_closed_pipe_to_the_command():
    class Closed(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        make_console(Closed()).print("x")
