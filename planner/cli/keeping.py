"""Where the commands keep plans, and what they say when that fails: a plan that was made is never lost over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.streams import explain
from planner.problems import InputError

if TYPE_CHECKING:
    from planner.result import Plan
    from planner.runs.kept import KeptRun, PlanToKeep
    from planner.runs.store import Store

Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATTERN=CHANGE",
        help="Change assumptions: 'cloud.*.on_demand=-20%', also +10%, *0.9, +0.05 or a value (may be given again).",
    ),
]
Variants = Annotated[
    list[str] | None,
    typer.Option("--variant", metavar="NAME", help="Make the changes of that variant (may be given again)."),
]
StoreOption = Annotated[
    str | None,
    typer.Option("--store", metavar="URL", help="Where runs are kept: a file or database URL. [PLANNER_STORE]"),
]
NoStore = Annotated[bool, typer.Option("--no-store", help="Keep nothing, and take no kept answer.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Solve from nothing, even if the same inputs have a kept answer.")]


@dataclass
class Keeper:
    """Gives answers that are kept, and keeps new ones."""

    store: Store | None
    fresh: bool = False
    recalled: KeptRun | None = None
    """The answer that was given again."""

    def recall(self, run_id: str) -> Plan | None:
        """The kept plan for the same inputs, said on stderr."""
        if self.store is None or self.fresh:
            return None
        run = self.recalled = self.store.recall(run_id)
        if run is None:
            return None
        explain(f"kept answer of run {run.name}, made {run.made_at} (--fresh solves again)")
        return run.plan

    def unchanged(self, run_id: str) -> Plan | None:
        """The kept plan for the inputs without their changes, to begin with. Any program may have made it."""
        run = None if self.store is None or self.fresh else self.store.get(run_id)
        return None if run is None else run.plan

    def keep(self, made: PlanToKeep) -> None:
        """Keep a new plan; where that fails, say so."""
        if self.store is None or self.recalled is not None:
            return
        from planner.runs.kept import KeptRun

        try:
            self.store.keep(KeptRun.of(made))
        except InputError as error:
            explain("\n".join(["the run was not kept:", *(f"  - {problem}" for problem in error.problems)]))


def open_keeper(store: str | None, *, no_store: bool = False, fresh: bool = False) -> Keeper:
    """Open the store before anything is solved. Raises InputError where the user chose one that cannot be used."""
    from planner.runs.location import locate

    location = None if no_store else locate(store)
    if location is None:
        return Keeper(None)
    from planner.runs.store import Store

    try:
        return Keeper(Store(location), fresh)
    except InputError as error:
        if location.is_chosen:
            raise
        explain("\n".join(["runs are not kept:", *(f"  - {problem}" for problem in error.problems)]))
        return Keeper(None)
