"""Where the points of a sweep are solved: any `concurrent.futures` executor; local processes, or a Dask cluster."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, TypeVar

from planner.problems import InputError, Problem

Item = TypeVar("Item")
Answer = TypeVar("Answer")
_PATIENCE = "5s"
"""How long a scheduler may take to answer."""
RETRIES = 3
"""How often Dask tries a task again whose worker went away."""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Engine:
    """An executor, and how many tasks it is given at once."""

    executor: Executor
    at_once: int

    def map(
        self,
        task: Callable[[Sequence[Item]], Sequence[Answer]],
        items: Sequence[Item],
        chunk: int,
        done: Callable[[Sequence[Item], Sequence[Answer]], None],
    ) -> None:
        """Answer all items, `chunk` at a time; `done` has each chunk as soon as it is there, in whatever order.

        Raises InputError when a worker died for good. What was answered before has been handed to `done`.
        """
        chunks = [items[first : first + chunk] for first in range(0, len(items), chunk)]
        waiting: dict[Future[Sequence[Answer]], Sequence[Item]] = {}
        coming = iter(chunks)
        try:
            while True:
                while len(waiting) < self.at_once and (following := next(coming, None)) is not None:
                    waiting[self.executor.submit(task, following)] = following
                if not waiting:
                    return
                finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in finished:
                    done(waiting.pop(future), future.result())
        except BrokenProcessPool as error:
            expected = "workers that stay alive: memory may have run out"
            fix = "the same command goes on where it stopped; fewer --workers need less memory"
            raise InputError([Problem("sweep", "", "a worker process that ended", expected, fix)]) from error
        finally:
            for future in waiting:
                future.cancel()


@contextlib.contextmanager
def local(workers: int) -> Iterator[Engine]:
    """Processes of this machine, one thread of arithmetic in each: together they use its cores, no more."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    executor = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield Engine(executor, 2 * workers)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def dask(address: str) -> Iterator[Engine]:
    """A Dask cluster that is there already. Raises InputError where it is not, or Dask is not installed."""
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        fix = "pip install 'hybrid-gpu-planner[dask]'"
        raise InputError([Problem("--dask", "", "no package distributed", "Dask to be installed", fix)]) from error
    try:
        client: Any = Client(address, timeout=_PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        problem = Problem("--dask", "", f"{address}: {error}", "the address of a Dask scheduler: tcp://host:8786")
        raise InputError([problem]) from error
    try:
        workers = max(len(client.nthreads()), 1)
        # Not pure: a task that is asked for again after its answer was lost is done again.
        yield Engine(client.get_executor(retries=RETRIES, pure=False), 2 * workers)
    finally:
        client.close()
