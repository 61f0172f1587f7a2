from __future__ import annotations

from datetime import date, datetime

import pytest

from planner.assumptions.yaml_text import read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e6", 1e6),
        ("1e-3", 1e-3),
        ("-2.5E+3", -2500.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("010", 10),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("0x1F", "0x1F"),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("~", None),
        ("", None),
        ("36 months", "36 months"),
        ("2027-01-04", date(2027, 1, 4)),
        ("2027-01-04T13:00", datetime(2027, 1, 4, 13)),
        ("2027-01-04T13:00:00+02:00", datetime(2027, 1, 4, 11)),
        ("2027-01-04 13:00:00Z", datetime(2027, 1, 4, 13)),
        ("2027-02-30", "2027-02-30"),
        ("2027-04", "2027-04"),
        ("'1e6'", "1e6"),
        ("!!float 3", 3.0),
        ("!!int x", "x"),
    ],
)
def test_scalars(text: str, value: object) -> None:
    tree, problems = read_yaml(f"key: {text}", "a.yaml")
    assert problems == []
    assert tree is not None
    assert tree["key"] == value
    assert type(tree["key"]) is type(value)


def test_nan_is_a_number() -> None:
    tree, _ = read_yaml("key: .nan", "a.yaml")
    assert tree is not None
    assert tree["key"] != tree["key"]


def test_keys_are_text() -> None:
    tree, problems = read_yaml("{2027: 1, true: 2, 1.50: 3, 12 months: 4}", "a.yaml")
    assert problems == []
    assert tree == {"2027": 1, "true": 2, "1.50": 3, "12 months": 4}


def test_merge_keys_and_aliases() -> None:
    tree, problems = read_yaml("base: &b {x: 1, y: 2}\nover: {<<: *b, y: 3}\nboth: {<<: [{x: 9}, *b]}", "a.yaml")
    assert problems == []
    assert tree is not None
    assert tree["over"] == {"x": 1, "y": 3}
    assert tree["both"] == {"x": 9, "y": 2}


def test_duplicate_keys_are_problems_with_line_and_column() -> None:
    tree, problems = read_yaml("servers:\n  a:\n    price: 1\n    gpus: 8\n    price: 2\n  a: {}\n", "a.yaml")
    assert [problem.place for problem in problems] == ["line 5, column 5", "line 6, column 3"]
    assert problems[0].value == "the key 'price' a second time"
    assert problems[0].fix == "it was first given in line 3"
    assert tree == {"servers": {"a": {"price": 1, "gpus": 8}}}


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ("a: [1, 2\nb: 3", "line 2, column 2", "valid YAML"),
        ("a:\n\t- b", "line 2, column 1", "spaces, not tabs"),
        ("a: 'open", "line 1, column 9", "valid YAML"),
        ("a: b: c", "line 1, column 5", "valid YAML"),
        ("a: *nothing", "line 1, column 4", "valid YAML"),
        ("a: 1\n---\nb: 2", "line 2, column 1", "one document"),
        ("- a\n- b", "line 1, column 1", "keys and values"),
        ("just text", "line 1, column 1", "keys and values"),
        ("", "", "version: 1"),
        ("# only a comment\n", "", "version: 1"),
        ("a: \x00", "", "valid YAML"),
    ],
)
def test_unreadable(text: str, place: str, word: str) -> None:
    tree, (problem,) = read_yaml(text, "a.yaml")
    assert tree is None
    assert problem.file == "a.yaml"
    assert problem.place == place
    assert word in str(problem)


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ("a: !secret x", "line 1, column 4", "without a tag"),
        ("? [x]\n: 1", "line 1, column 3", "a name before the colon"),
        ("a: &a {b: *a}", "line 1, column 4", "levels of nesting"),
        ("a: {<<: 3}", "line 1, column 9", "after <<:"),
        ("a: " + "[" * 60 + "]" * 60, "line 1, column 44", "levels of nesting"),
    ],
)
def test_strange_things_are_problems(text: str, place: str, word: str) -> None:
    _, problems = read_yaml(text, "a.yaml")
    assert len(problems) == 1, problems
    assert problems[0].place == place
    assert word in str(problems[0])
