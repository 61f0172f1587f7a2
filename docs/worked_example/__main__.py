"""`python -m worked_example DATA PAGE`: make the page from the folder of data."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from planner.problems import InputError
from worked_example.example import FILES, CommandError, make
from worked_example.page import page

MONTHS = 36
GPUS = ("H100", "A100", "A100-80GB", "L4", "RTXPRO6000")


def main(arguments: list[str]) -> int:
    """Write the page; 0, or 2 where the data is not there or cannot be planned."""
    parser = argparse.ArgumentParser(prog="worked_example", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of data")
    parser.add_argument("page", type=Path, help="the page to write")
    given = parser.parse_args(arguments)
    missing = [name for name in FILES if not (given.data / name).is_file()]
    if missing:
        print(f"{given.data} lacks {', '.join(missing)}: say DATA=folder", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as work:
        try:
            example = make(given.data, Path(work), MONTHS, GPUS)
        except (CommandError, InputError, ValueError) as error:
            print(error, file=sys.stderr)
            return 2
        given.page.write_text(page(example), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
