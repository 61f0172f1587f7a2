"""`python -m sweep_example DATA PAGE`: draw prices from the history in DATA, write the page and its pictures."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

import planner
from planner.problems import InputError
from planner.report import draw
from planner.report.write import write_files
from planner.runs.kept import KeptRun
from planner.sweep import engines
from planner.sweep.answers import Answers, answers
from planner.sweep.distributions import read_distributions
from planner.sweep.pictures import pictures
from planner.sweep.rendering import as_text
from planner.sweep.run import Question, Swept, sweep

HISTORY = "gcp_gpu_price_history_monthly.csv"
SPREAD = Path(__file__).with_name("spread.yaml")
INPUTS = Path(__file__).parents[2] / "inputs" / "inference-service"
SHOWN = ("spread", "tornado")
SEED = 1


def made(history: Path, draws: int, workers: int, work: Path) -> tuple[Swept, Answers]:
    """The sweep of the inference service's plan: random years. Raises InputError where the data is not as said."""
    spread = work / SPREAD.name
    shutil.copy(SPREAD, spread)
    shutil.copy(history, work / HISTORY)
    plan = planner.plan(INPUTS / "forecast.csv", INPUTS / "assumptions.yaml")
    options = plan.inputs["options"]
    question = Question(
        KeptRun.of(plan),
        distributions=read_distributions(spread),
        draws=draws,
        seed=SEED,
        gap=options["gap"],
        relax=options["relax"],
        solver=options["solver"],
    )
    found = sweep(question, work / "sweep", partial(engines.local, workers))
    return found, answers(found)


def page(said: Answers, draws: int) -> str:
    """The page, in Markdown."""
    return f"""# A plan under uncertain prices

Made by `make sweep-example` from the inference service's example and the prices of Google Cloud's GPU instances by the
month (`{HISTORY}`): nobody knows next year's prices, but how much they moved in a year is known. [Sweeps](sweeps.md)
says what each part means.

How prices and work may differ from what the plan assumes:

```yaml
{SPREAD.read_text(encoding="utf-8").rstrip()}
```

```bash
planner plan inputs/inference-service/forecast.csv -a inputs/inference-service/assumptions.yaml -o plan
planner sweep plan --draw {draws} --seed {SEED} --distribution spread.yaml -o draws
planner report plan --sweep draws
```

![How the cost is spread over the draws](pictures/sweep-spread.svg)

![Which assumption moves the cost most](pictures/sweep-tornado.svg)

What the sweep says:

```text
{as_text(said)}
```
"""


def main(arguments: list[str]) -> int:
    """Write page and pictures; 0, or 2 where the data is not there or cannot be read."""
    parser = argparse.ArgumentParser(prog="sweep_example", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of data")
    parser.add_argument("page", type=Path, help="the page to write")
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args(arguments)
    history = given.data / HISTORY
    if not history.is_file():
        print(f"{given.data} lacks {HISTORY}: say DATA=folder", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as work:
        try:
            found, said = made(history, given.draws, given.workers, Path(work))
        except InputError as error:
            print(error, file=sys.stderr)
            return 2
    drawn = pictures(found, said)
    files = {f"pictures/sweep-{name}.svg": draw.svg(draw.specification(drawn[name])).encode("utf-8") for name in SHOWN}
    write_files(given.page.parent, files | {given.page.name: page(said, given.draws).encode("utf-8")})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
