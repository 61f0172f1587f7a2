"""A slice of `make fuzz`, and the same grammar driven by hypothesis, which makes a failing case small."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import cases
import subjects

from planner.cli.engine import Checked

SEED, BLOCKS, BLOCK = 20270104, 6, 40


def wrong(case: cases.Case) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return cases.run(case, Path(folder)).wrong


@pytest.mark.parametrize("subject", [some.name for some in subjects.subjects()])
def test_what_is_mutated_works(tmp_path: Path, subject: str) -> None:
    """A mutation of what is refused anyway finds little."""
    (chosen,) = (some for some in subjects.subjects() if some.name == subject)
    outcome = cases.run(cases.Case(subject, chosen.call, chosen.files), tmp_path)
    assert outcome.wrong == ""
    # Sections that this version does not plan with are mutated all the same.
    assert outcome.status == (2 if subject == "later" else 0)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_mutated_inputs_are_a_plan_or_a_list_of_errors(block: int) -> None:
    """`python tests/fuzz/run.py --seed SEED --only NUMBER` runs one again."""
    numbers = range(block * BLOCK, (block + 1) * BLOCK)
    failures = {f"--seed {SEED} --only {number}": wrong(cases.case(SEED, number)) for number in numbers}
    assert {call: what for call, what in failures.items() if what} == {}


@settings(max_examples=25, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_the_same_by_hypothesis(random: Random) -> None:
    case = cases.drawn(random)
    assert wrong(case) == "", case


def test_a_case_is_the_same_again() -> None:
    assert [cases.case(1, number) for number in range(20)] == [cases.case(1, number) for number in range(20)]
    assert cases.case(1, 0) != cases.case(2, 0)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("raise ZeroDivisionError", "ZeroDivisionError"),
        ("sys.exit(3)", "exit status 3"),
        ("print('oops', file=sys.stderr); sys.exit(2)", "no list of problems"),
        ("print('no plan', file=sys.stderr); sys.exit(1)", "without reasons"),
        ("print('\\x1b', file=sys.stderr)", "on stderr"),
        ("print('x' * 3000, file=sys.stderr)", "a line of 3,000 characters"),
        ("open('a.yaml', 'w').close()", "an input was changed"),
        ("open('left', 'w').close(); print('no plan (x):\\n  - y', file=sys.stderr); sys.exit(1)", "was written"),
        ("while True: pass", "s of processor time"),
    ],
)
def test_what_is_wrong_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, words: str) -> None:
    """The fuzzer itself, with a planner that misbehaves."""
    monkeypatch.setattr(cases, "SECONDS", 0.2)
    checked = Checked((), 1, 1, 1, "a", "b", 1.0)
    monkeypatch.setattr("planner.cli.engine.check_inputs", lambda *_: (exec(command, {"sys": sys}), checked)[1])
    case = cases.Case("broken", ("check", "f.csv", "-a", "a.yaml"), {"f.csv": b"x", "a.yaml": b"y"})
    assert words in cases.run(case, tmp_path).wrong
