"""What goes where: results to stdout, everything said about them to stderr, and the status at the end."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

from planner.problems import InputError, Problem
from planner.terminal.text import clean


class ExitStatus(IntEnum):
    """How a command ends."""

    DONE = 0
    NO_PLAN = 1
    WRONG_INPUT = 2
    COST_ABOVE = 3
    """`planner compare --fail-if-above`: the cost rose by more than that."""
    INTERRUPTED = 130


def explain(message: str) -> None:
    """Say something on stderr, without what could steer a terminal; a closed stderr is no reason to stop."""
    with contextlib.suppress(BrokenPipeError):
        for text in message.split("\n"):
            _write_error(clean(text))


def explain_problems(error: InputError) -> None:
    """Every problem as a bullet on a line of its own, whatever the values that it quotes hold."""
    heading = str(error).partition("\n")[0]
    explain("\n".join([heading, *(f"  - {clean(problem)}" for problem in error.problems)]))


def _write_error(text: str) -> None:
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    sys.stderr.flush()


def write_json(content: Mapping[str, Any]) -> None:
    """Print as JSON on stdout, escaped where stdout cannot show it. Numbers must be finite."""
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    text = json.dumps(content, indent=2, allow_nan=False, ensure_ascii=encoding != "utf8")
    # A lone surrogate (bytes of a file name that are no text) cannot be encoded; as \udcXX it is still JSON.
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")


@contextlib.contextmanager
def output() -> Iterator[None]:
    """Within it stdout is written; what stdout cannot encode is replaced, rather than lost after the work was done.

    Raises InputError when stdout cannot take it (a full disk), BrokenPipeError when it was closed.
    """
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        silence()
        problem = Problem("stdout", "", error.strerror or str(error), "an output that can be written")
        raise InputError([problem]) from error


def silence() -> None:
    """Point stdout to nowhere, so that the interpreter's last flush has nothing to complain about."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
