"""Run as a program: processes that store a prepared run again and again, some of them killed in the middle of it.

    python storing.py kill FOLDER KILLS      # prints what was reported as kept, one id per line
    python storing.py write FOLDER WRITERS RUNS

FOLDER has `plan.json` and `inputs`, and gets `runs.sqlite`. Children are forked, so that they start at once; each run
that they keep is a connection and a transaction of its own.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from planner.runs.kept import KeptRun
from planner.runs.location import locate
from planner.runs.reference import load_run
from planner.runs.store import Store


def marked(run: KeptRun, mark: str) -> KeptRun:
    """The run as if it had been made of other inputs, with an input file that no other run has."""
    inputs = {**run.inputs, "changes": [mark]}
    files = {**run.files, "mark.txt": mark}
    return replace(run, content={**run.content, "inputs": inputs, "run": f"run-{mark}"}, files=files)


def opened(folder: Path) -> Store:
    location = locate(str(folder / "runs.sqlite"))
    assert location is not None
    return Store(location)


def store_on(store: Store, run: KeptRun, marks: Iterator[str], reports: int) -> None:
    """Store runs, and report each one after it was kept."""
    for mark in marks:
        made = marked(run, mark)
        store.keep(made)
        os.write(reports, f"{made.id}\n".encode())


def forked(work: Callable[[], None]) -> int:
    """A child that does this."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def endless(name: str) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"{name}-{number}"


def kill(folder: Path, run: KeptRun, kills: int, reports: int) -> None:
    """Two children at a time, each killed at a random moment of the first few runs that it stores."""
    store = opened(folder)
    begin = time.monotonic()
    store_on(store, run, iter(["first", "second"]), reports)
    usual = (time.monotonic() - begin) / 2
    moments = random.Random(1)
    alive: list[int] = []
    for number in range(kills):
        alive.append(forked(partial(store_on, store, run, endless(f"{number}"), reports)))
        time.sleep(moments.uniform(0, 1.2 * usual))
        while len(alive) > (1 if number < kills - 1 else 0):
            child = alive.pop(0)
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            assert os.WIFSIGNALED(status), f"a child ended by itself: {status}"


def write(folder: Path, run: KeptRun, writers: int, runs: int, reports: int) -> None:
    """All at once, each one opening the store, which the first of them makes."""

    def work(writer: int) -> None:
        store_on(opened(folder), run, (f"{writer}-{number}" for number in range(runs)), reports)

    children = [forked(partial(work, writer)) for writer in range(writers)]
    for child in children:
        _, status = os.waitpid(child, 0)
        assert status == 0, f"a writer failed: {status}"


def main() -> None:
    what, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    run = load_run(folder)
    with open(folder / "reported.txt", "ab", buffering=0) as reports:
        if what == "kill":
            kill(folder, run, count, reports.fileno())
        else:
            write(folder, run, count, int(sys.argv[4]), reports.fileno())


if __name__ == "__main__":
    main()
