"""What somebody may hand over to do harm: each is a plan or a list of problems, soon, and writes nothing elsewhere."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

HOUR_OF_WEEK = "hour_of_week,load\n" + "".join(f"{hour},1\n" for hour in range(168))
FORECAST = "timestamp,gpu_hours\n" + "".join(f"2027-01-{day:02d},{100 + day}\n" for day in range(1, 8))
ASSUMPTIONS = """\
version: 1
horizon: {period: day}
sites: {lab: {electricity_price: 0.1, pue: 1.3}}
servers: {hgx: {gpu: H100, gpus: 8, price: 4000, power_kw: 10, lifetime: 30 days}}
cloud: {big: {provider: aws, gpu: H100, gpus: 8, on_demand: 55.04}}
"""


@pytest.fixture
def refused(run):
    """`refused(yaml_text)`: the problems, one a line; nothing was written."""

    def problems(text: str | bytes, forecast: str = "f.csv") -> list[str]:
        Path("f.csv").write_text(FORECAST)
        Path("a.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        before = sorted(path for path in Path().rglob("*") if path.is_file())
        result = run("plan", forecast, "-a", "a.yaml", "-o", "out")
        assert isinstance(result.exception, SystemExit)
        assert result.exit_code == 2, result.stderr
        assert sorted(path for path in Path().rglob("*") if path.is_file()) == before
        return result.stderr.splitlines()[1:]

    return problems


# YAML


def bomb(levels: int, width: int) -> str:
    """`width` to the power of `levels` values, in a few lines."""
    lines = [f"a0: &a0 [{', '.join('x' * width)}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join([*lines, ""])


@pytest.mark.parametrize(
    "text",
    [
        bomb(9, 9),
        bomb(9, 9).replace("[", "{<<: [").replace("]", "]}"),
        "version: 1\nx: &a 1\ny: [" + "*a, " * 1_100_000 + "]",
        "version: 1\nx: [" + ", ".join(f"&a{number} 1" for number in range(500_001)) + ", " + "1," * 550_000 + "]",
    ],
    ids=["lists", "merges", "a million aliases", "half a million anchors"],
)
def test_yaml_bombs(refused, text):
    assert "no more than 1,000,000 values" in "\n".join(refused(text))


@pytest.mark.parametrize(
    "opening", ["a: " + "[" * 10**6, "{a: " * 10**6, "a:\n" + "- " * 10**6, "? " * 10**6, "a: [" + "{x: [" * 10**5]
)
def test_deep_nesting_ends_no_process(refused, opening):
    (problem,) = refused(opening)
    # Newer PyYAML gives up on its own, at a thousand levels that it looks ahead.
    assert "expected no more than 40 levels of nesting" in problem or "maximum nesting depth" in problem


def test_anchors_that_hold_themselves(refused):
    assert "levels of nesting" in refused("a: &a {b: *a}\nc: &c [*c]\n<<: &d {<<: *d}\n")[0]


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system ['touch harm']",
        "!!python/object/new:os.system ['touch harm']",
        "!!python/name:os.system ''",
        "!!python/module:os ''",
        "!<tag:yaml.org,2002:python/object/apply:os.system> ['touch harm']",
        "!include /etc/passwd",
        "!!binary aGk=",
        "!!omap [a: 1]",
    ],
)
def test_tags_run_nothing(refused, tag):
    assert refused(f"{ASSUMPTIONS}name: {tag}\n")
    assert refused(f"{tag}\n")
    assert not Path("harm").exists()


def test_a_file_without_an_end(run):
    Path("f.csv").write_text(FORECAST)
    result = run("check", "f.csv", "-a", "/dev/zero")
    assert result.exit_code == 2
    assert "/dev/zero: found a larger file; expected at most 8,388,608 bytes of assumptions" in result.stderr


# extends


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.yaml", "in a circle"),
        ("./below/../a.yaml", "in a circle"),
        ("link.yaml", "in a circle"),
        ("loop/loop/a.yaml", "in a circle"),
        ("below", "it is a folder"),
        ("/", "it is a folder"),
        ("../../../../../../../../no/such/file", "expected an existing file"),
        ("/no/such/file", "expected an existing file"),
        ("fifo", "it is a pipe or a device"),
        ("/dev/zero", "it is a pipe or a device"),
        ("/dev/null", "it is a pipe or a device"),
        ("\\0", "not a file name"),
        ("x" * 300, "File name too long"),
        ("f.csv", "f.csv: line 1, column 1: found a single value"),
        ("~/a.yaml", "expected an existing file"),
        ("https://example.com/a.yaml", "expected an existing file"),
        ("$(touch harm)", "expected an existing file"),
    ],
)
def test_extends_what_it_should_not(refused, tmp_path, name, words):
    Path("below").mkdir()
    Path("link.yaml").symlink_to("a.yaml")
    Path("loop").symlink_to(".")
    os.mkfifo("fifo")
    (problem,) = refused(f'{ASSUMPTIONS}extends: "{name}"\n')
    assert words in problem


def test_extends_may_leave_the_folder_and_writes_nothing_there(run):
    """Teams keep what they share above; reading it is all that happens."""
    Path("team/below").mkdir(parents=True)
    Path("f.csv").write_text(FORECAST)
    Path("team/base.yaml").write_text(ASSUMPTIONS + "demand: {load_shape: {hour_of_week: shapes/../s.csv}}\n")
    Path("team/s.csv").write_text(HOUR_OF_WEEK)
    Path("team/below/a.yaml").write_text("extends: ../base.yaml\nversion: 1\n")
    before = set(Path("team").rglob("*"))
    result = run("plan", "f.csv", "-a", "team/below/a.yaml", "-o", "out")
    assert result.exit_code == 0, result.stderr
    assert set(Path("team").rglob("*")) == before
    assert Path("out/inputs/s.csv").read_text() == HOUR_OF_WEEK


def test_a_very_long_chain(refused):
    for number in range(200):
        Path(f"{number}.yaml").write_text(f"extends: {number + 1}.yaml\nversion: 1\n")
    (problem,) = refused("extends: 0.yaml\nversion: 1\n")
    assert "at most 50 files, each extending the next" in problem


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/stdin", "fifo", ".", "\\0", "../../../no", "x" * 300])
def test_load_shapes_that_are_no_files(refused, name):
    os.mkfifo("fifo")
    (problem,) = refused(f'{ASSUMPTIONS}demand: {{load_shape: {{hour_of_week: "{name}"}}}}\n')
    assert "expected an existing file" in problem


def test_a_load_shape_that_is_a_bomb(refused):
    Path("s.csv.gz").write_bytes(gzip.compress(b"hour_of_week,load\n" + b"0" * 2**28))
    (problem,) = refused(ASSUMPTIONS + "demand: {load_shape: {hour_of_week: s.csv.gz}}\n")
    assert "rows of at most 1,048,576 bytes" in problem


# Pipes


def test_forecast_and_assumptions_from_pipes(run):
    """As a shell gives them: `planner check <(zcat f.csv.gz) -a <(cat a.yaml)`."""
    for name, text in (("f", FORECAST), ("a", ASSUMPTIONS)):
        os.mkfifo(name)
        threading.Thread(target=Path(name).write_text, args=(text,), daemon=True).start()
    result = run("check", "f", "-a", "a")
    assert result.exit_code == 0, result.stderr


# Names

NAMES = [
    *("\x1b[31mred\x1b[0m", "a\nb", "a\r\nb", "a\tb", "x" * 10_000, "\u202eevil", "\u2066x", "=cmd|' /C calc'!A0"),
    *("@SUM(1)", "-1+1", "a/b", "../../escape", "C:\\x", "on_demand", "spot", "default", "local", "a.b", "a.b.c"),
    *("workloads", "value", "from", "<<", "null", "~", "true", "1", "1.0", "2027-01-01", "nan", "a,b", 'say "hi"'),
    *("'", "a: b", "- a", "#", "*a", "&a", "!a", "%a", "{0}", "%s", "$(id)", "<b>", "[red]x[/red]", "🚀", "e\u0301"),
    *("\ufeffx", "\u200b", "a\x00b", "\x85", "\u2028"),
]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:20])
def test_workloads_of_any_name(run, name):
    """A plan that names the workload as it is, or a problem; on the screen and in files nothing else than text."""
    quoted = name.replace('"', '""')
    rows = "".join(f'2027-01-{day:02d},"{quoted}",{100 + day}\n2027-01-{day:02d},b,5\n' for day in range(1, 4))
    Path("f.csv").write_bytes(("timestamp,workload,gpu_hours\n" + rows).encode())
    tree = yaml.safe_load(ASSUMPTIONS) | {"workloads": {name: {"unserved_penalty": 90}, "b": {}}}
    Path("a.yaml").write_text(yaml.safe_dump(tree, allow_unicode=False))
    result = run("plan", "f.csv", "-a", "a.yaml", "-o", "out")
    assert result.exit_code in (0, 2)
    assert isinstance(result.exception, SystemExit | None)
    for stream in (result.stdout, result.stderr):
        assert not any(letter in stream for letter in "\x1b\x00\x85\r\u202e\u2066\u2028")
    assert sorted(path.name for path in Path().iterdir()) == ["a.yaml", "f.csv", *["out"] * (result.exit_code == 0)]
    if result.exit_code == 0:
        made = json.loads(Path("out/plan.json").read_text(encoding="utf-8"))
        assert {row["workload"] for row in made["workload_costs"]} >= {name, "b"}
        assert made["audit"]["passed"]
        again = run("check", "out/inputs/forecast.csv", "-a", "a.yaml")
        assert again.exit_code == 0, again.stderr


@pytest.mark.parametrize(
    "name", ["on_demand", "a.b", "x/y", "../up", "\x1b[31m", "a\nb", "=1+1", "unserved", "b" * 3000]
)
def test_supplies_and_sites_of_any_name(run, name):
    Path("f.csv").write_text(FORECAST)
    tree = yaml.safe_load(ASSUMPTIONS)
    for section in ("sites", "servers", "cloud"):
        tree[section] = {name: next(iter(tree[section].values()))}
    tree["name"] = name
    tree["cloud"][name]["reserved"] = {f"{name}/": {"term": "2 days", "hourly": 20}}
    Path("a.yaml").write_text(yaml.safe_dump(tree))
    result = run("plan", "f.csv", "-a", "a.yaml")
    assert result.exit_code == 0, result.stderr
    assert "\x1b" not in result.stdout + result.stderr
    assert [path.name for path in Path().iterdir() if path.is_dir()] == ["plans"]


def test_names_that_make_the_same_name_in_the_plan(refused):
    """`site/server` of what is owned, and `offer/option` of what is reserved."""
    tree = yaml.safe_load(ASSUMPTIONS)
    tree["cloud"]["lab"] = {**tree["cloud"]["big"], "reserved": {"hgx": {"term": "2 days", "hourly": 20}}}
    tree["sites"]["lab/hgx"] = tree["sites"]["lab"]
    tree["servers"]["x"] = tree["servers"]["hgx/x"] = {**tree["servers"]["hgx"]}
    problems = refused(yaml.safe_dump(tree))
    assert [problem.partition(" (")[0] for problem in problems] == [
        "  - a.yaml: servers.x: found 'lab/hgx/x'; expected names that make no other 'lab/hgx/x' in the plan, "
        "as lab and hgx/x of servers do",
        "  - a.yaml: cloud.lab: found 'lab/hgx'; expected names that make no other 'lab/hgx' in the plan, "
        "as lab and hgx of servers do",
    ]


# Whole processes: what may end them


@pytest.mark.parametrize(
    "content", [b"\x00" * 10**6, b"PAR1" * 10**5, b"\xff\xfe" + b"a\x00" * 1000, b"%PDF-1.7\n" * 99]
)
@pytest.mark.parametrize("name", ["f.csv", "f.parquet", "f.xlsx", "f.ods", "f.csv.gz", "f.csv.zip", "f", "f.exe"])
def test_what_is_no_forecast(run, name, content):
    Path(name).write_bytes(content)
    result = run("check", name)
    assert result.exit_code == 2, result.stderr
    assert isinstance(result.exception, SystemExit)


def test_memory_stays_below_4_gib_on_bombs(tmp_path):
    """A gzip bomb of 4 GiB in a process that may have no more than 4 GiB of address space."""
    import resource

    block = gzip.compress(b"2027-01-01,1\n" * 2**20)
    (tmp_path / "f.csv.gz").write_bytes(gzip.compress(b"timestamp,gpus\n") + block * 320)
    result = subprocess.run(
        [sys.executable, "-m", "planner", "check", "f.csv.gz"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32)),
    )
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    assert "expected at most" in result.stderr
