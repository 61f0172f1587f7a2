"""`planner`: the commands and what their exit status means. Imports nothing heavy: `planner --help` must be quick."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from planner.cli.alternatives import alternatives
from planner.cli.breakeven import breakeven
from planner.cli.catalogue import catalogue
from planner.cli.check import check
from planner.cli.compare import compare
from planner.cli.demand import demand
from planner.cli.evaluate import evaluate
from planner.cli.init import init
from planner.cli.plan import plan
from planner.cli.prices import prices
from planner.cli.report import export, report
from planner.cli.rerun import rerun, show
from planner.cli.runs import runs
from planner.cli.streams import ExitStatus, explain, explain_problems, silence
from planner.cli.sweep import sweep
from planner.problems import InputError, NoPlanError


class Commands(TyperGroup):
    """The group of commands: turns what users can cause into an exit status and words on stderr, never a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Raises Exit with the status; anything that is nobody's fault but ours goes through."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            explain_problems(error)
            raise typer.Exit(ExitStatus.WRONG_INPUT) from error
        except NoPlanError as error:
            explain(str(error))
            raise typer.Exit(ExitStatus.NO_PLAN) from error
        except BrokenPipeError:
            silence()
            raise typer.Exit(ExitStatus.DONE) from None
        except KeyboardInterrupt:
            explain("interrupted")
            raise typer.Exit(ExitStatus.INTERRUPTED) from None


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"planner {version('hybrid-gpu-planner')}")
        raise typer.Exit


app = typer.Typer(
    name="planner",
    cls=Commands,
    help="Plans what GPUs to buy, commit to and rent: a purchase schedule of least total cost, with a proven gap.",
    epilog="Exit status: 0 a plan was made; 1 there is no plan, or the schedule that is "
    "evaluated does not keep every limit; 2 the inputs or the call are wrong; "
    "3 compare --fail-if-above: the cost rose by more.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Options of the program itself."""


app.command(short_help="A purchase schedule of least total cost.")(plan)
app.command(short_help="Everything wrong with the inputs, in one list.")(check)
app.command(short_help="A schedule of your own beside the best one.")(evaluate)
app.command(short_help="A run again, with other assumptions.")(rerun)
app.command(short_help="A run again and again: grids, random draws.")(sweep)
app.command(short_help="What can be decided otherwise at little more cost.")(alternatives)
app.command(short_help="What differs between runs, and what it costs.")(compare)
app.command(short_help="A kept run, as it was reported.")(show)
app.add_typer(runs, name="runs", short_help="The runs that are kept: list, delete, export, import.")
app.command(short_help="An assumptions file to begin with, for a forecast.")(init)
app.command(short_help="A plan as a page, a workbook and pictures.")(report)
app.command(short_help="A plan as Markdown, or its costs as FOCUS rows.")(export)
app.command(short_help="What can be bought and rented by default.")(catalogue)
app.command(short_help="When owning or committing pays, option against option.")(breakeven)
app.command(short_help="Usage that you have, as a forecast file.")(demand)
app.command(short_help="A price list that you have, as assumptions.")(prices)


def main() -> None:
    """The entry point `planner`. Always ends the process, with the status of the command."""
    app(prog_name="planner")
