"""`planner show` and `planner rerun`: a run that is kept, as it is and with other assumptions."""

from __future__ import annotations

from typing import Annotated

import typer

from planner.cli.keeping import Changes, Fresh, NoStore, StoreOption, Variants, open_keeper
from planner.cli.plan import Folder, Force, Hourly, Json, TimeLimit, gap_share, make_and_keep, no_plan_shown, show_plan

Run = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A plan's folder, or the beginning of the id or name of a kept run."),
]


def show(run: Run, json: Json = False, store: StoreOption = None) -> None:
    """A kept run as it was reported."""
    from planner.runs.reference import load_run

    show_plan(load_run(run, store).plan, json=json)


def rerun(
    run: Run,
    changes: Changes = None,
    variants: Variants = None,
    folder: Folder = None,
    force: Force = False,
    gap: Annotated[
        float | None, typer.Option(metavar="SHARE", parser=gap_share, help="The gap to prove. [as the run]")
    ] = None,
    relax: Annotated[
        bool | None, typer.Option("--relax/--whole", help="Let servers and people be fractions. [as the run]")
    ] = None,
    hourly: Hourly = False,
    solver: Annotated[str | None, typer.Option(metavar="NAME", help="Any that PuLP finds. [as the run]")] = None,
    time_limit: TimeLimit = None,
    json: Json = False,
    fresh: Fresh = False,
    store: StoreOption = None,
    no_store: NoStore = False,
) -> None:
    """Plan a run again, with other assumptions: same demand, same figures, but for what is changed."""
    from planner.cli.engine import Request, solver_problems
    from planner.cli.output import folder_problems
    from planner.cli.streams import explain
    from planner.problems import InputError
    from planner.runs.again import again
    from planner.runs.compare import compare
    from planner.runs.kept import KeptRun
    from planner.runs.reference import load_run
    from planner.runs.sentences import sentence

    problems = folder_problems(folder, force) + (solver_problems(solver) if solver else [])
    if problems:
        raise InputError(problems)
    base = load_run(run, store)
    keeper = open_keeper(store, no_store=no_store, fresh=fresh or hourly)
    with again(base) as inputs:
        request = Request(
            forecast=inputs.forecast,
            assumptions=inputs.assumptions,
            gap=inputs.gap if gap is None else gap,
            relax=inputs.relax if relax is None else relax,
            solver=solver or inputs.solver,
            time_limit=inputs.time_limit if time_limit is None else time_limit,
            hourly=hourly,
            changes=tuple(changes or ()),
            variants=tuple(variants or ()),
            why=inputs.why,
            start=None if fresh else base.plan,
        )
        with no_plan_shown(json=json):
            made = make_and_keep(request, keeper, folder, force=force)
    if changes or variants:
        explain(f"against {base.name}: {sentence(compare(base, KeptRun.of(made)))}")
    show_plan(made, json=json)
