"""`planner report` and `planner export`: a plan that was kept, for people and for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from planner.report.sensitivity import Sensitivity
    from planner.report.source import PlanDocument

Run = Annotated[str, typer.Argument(metavar="RUN", help="A folder with plan.json, or a kept run by its id or name.")]


class Target(StrEnum):
    """Whom an export is for."""

    plan = "plan"
    focus = "focus"


class Form(StrEnum):
    """How an export is written."""

    md = "md"
    csv = "csv"
    parquet = "parquet"


_FORMS = {Target.plan: (Form.md,), Target.focus: (Form.csv, Form.parquet)}
"""What each target can be written as, the usual one first."""


def report(
    run: Run,
    folder: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Where the report is written. [RUN]")
    ] = None,
    sweep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A sweep of this run: how sure the plan is, with its pictures.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a report that is there.")] = False,
) -> None:
    """A page (report.html), a workbook (report.xlsx) and pictures (SVG and PNG) of a plan."""
    from planner.problems import InputError
    from planner.report.sensitivity import read_sensitivity
    from planner.report.source import plan_document
    from planner.report.write import file_problems
    from planner.runs.reference import load_run

    target = folder if folder is not None else _folder_of(run)
    problems = file_problems(target, force)
    if problems:
        raise InputError(problems)
    sensitivity = None if sweep is None else read_sensitivity(sweep, load_run(run).id)
    write_report(plan_document(run), target, sensitivity)


def write_report(document: PlanDocument, folder: Path, sensitivity: Sensitivity | None = None) -> None:
    """Write the files of a report and say where they are."""
    from datetime import date

    from planner.cli.streams import explain
    from planner.report.names import PAGE
    from planner.report.write import report_files, write_files

    write_files(folder, report_files(document, date.today(), sensitivity))
    explain(f"report written to {folder / PAGE}")


def export(
    run: Run,
    target: Annotated[Target, typer.Option("--to", help="The plan itself, or FOCUS 1.2 cost rows.")] = Target.plan,
    form: Annotated[
        Form | None, typer.Option("--format", help="md for plan; csv (the default) or parquet for focus.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where it is written. [standard output]")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite that file.")] = False,
) -> None:
    """A plan as Markdown for a ticket or a wiki, or its costs as FOCUS rows for other programs."""
    from planner.cli.file_output import file_problems
    from planner.cli.streams import explain, output
    from planner.problems import InputError, Problem
    from planner.report.source import plan_document

    chosen = form if form is not None else _FORMS[target][0]
    problems = file_problems(file, force)
    if chosen not in _FORMS[target]:
        problems.append(Problem("--format", "", chosen, f"for --to {target}: {' or '.join(_FORMS[target])}"))
    if chosen is Form.parquet and file is None:
        problems.append(Problem("--output", "", "standard output", "a file for Parquet", "name one with -o"))
    if problems:
        raise InputError(problems)
    content = _exported(plan_document(run), chosen)
    if file is not None:
        from planner.report.write import write_files

        write_files(file.parent, {file.name: content})
        explain(f"written to {file}")
    else:
        with output():
            typer.echo(content.decode("utf-8"), nl=False)


def _folder_of(run: str) -> Path:
    """Beside the plan; of a kept run, a folder of its name below the current one."""
    path = Path(run)
    if path.is_dir():
        return path
    return path.parent if path.exists() else Path("plans", run)


def _exported(document: PlanDocument, form: Form) -> bytes:
    """The export in its form."""
    if form is Form.md:
        from datetime import date

        from planner.report.content import content_of
        from planner.report.markdown import markdown

        return markdown(content_of(document, date.today())).encode("utf-8")
    from planner.csv_text import without_formulas
    from planner.report.focus import focus_rows

    rows = focus_rows(document)
    if form is Form.csv:
        written = without_formulas(rows).to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%dT%H:%M:%SZ")
        return str(written).encode("utf-8")
    return bytes(rows.to_parquet(index=False))
