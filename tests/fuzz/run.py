"""`make fuzz`: many mutated inputs, each a plan or a clean list of errors. A failure is run again by its number.

python tests/fuzz/run.py --cases 20000 --seed 1       all of them, on all cores
python tests/fuzz/run.py --seed 1 --only 1234 --keep DIR    one of them, its files kept in DIR
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import cases

BLOCK = 50


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--keep", type=Path, help="folder for the files of --only")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    if options.only is not None:
        return one(options.seed, options.only, options.keep)
    return many(options.seed, range(options.first, options.first + options.cases), options.processes)


def one(seed: int, number: int, keep: Path | None) -> int:
    """One case, said in full."""
    case = cases.case(seed, number)
    if keep is not None:
        case.write(keep)
    print(case.name, *case.arguments, sep=" ")
    with tempfile.TemporaryDirectory() as folder:
        outcome = block(seed, [number])[0]
        del folder
    print(f"exit status {outcome.status}; {outcome.wrong or 'nothing wrong'}")
    return int(bool(outcome.wrong))


def many(seed: int, numbers: range, processes: int) -> int:
    """All of them; gives 1 where any is wrong."""
    started, statuses, failures = time.monotonic(), Counter[int](), 0
    blocks = [numbers[place : place + BLOCK] for place in range(0, len(numbers), BLOCK)]
    with ProcessPoolExecutor(processes) as pool:
        running = {pool.submit(block, seed, list(some)): some for some in blocks}
        for done in as_completed(running):
            some = running[done]
            # A crash of the interpreter itself ends the pool: the numbers of its block, and of others, go unseen.
            for number, outcome in zip(some, done.result(), strict=True):
                statuses[outcome.status] += 1
                if outcome.wrong:
                    failures += 1
                    print(
                        f"--seed {seed} --only {number}: {cases.case(seed, number).name}: {outcome.wrong}", flush=True
                    )
    seconds = time.monotonic() - started
    print(
        f"{len(numbers):,} cases in {seconds:,.0f} s, by exit status {dict(sorted(statuses.items()))}; {failures} wrong"
    )
    return int(failures > 0)


def block(seed: int, numbers: list[int]) -> list[cases.Outcome]:
    """These cases, one after another; a warning of a library is as wrong as an exception."""
    warnings.simplefilter("error")
    outcomes = []
    for number in numbers:
        with tempfile.TemporaryDirectory() as folder:
            outcomes.append(cases.run(cases.case(seed, number), Path(folder)))
    return outcomes


if __name__ == "__main__":
    sys.exit(main())
