"""PuLP's HiGHS, kept between solves: a programme that grew by rows goes on from its last basis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pulp import HiGHS
from pulp.apis.core import clocks
from pulp.constants import LpSolveStatus

if TYPE_CHECKING:
    from pulp import LpProblem, LpSolveStats


_STATUSES = {
    "kOptimal": LpSolveStatus.Optimal,
    "kInfeasible": LpSolveStatus.Infeasible,
    "kTimeLimit": LpSolveStatus.TimeLimit,
}


@dataclass(frozen=True)
class Basis:
    """How columns and rows of a solved programme are at its end, by their names: a start for one that is like it."""

    columns: dict[str, Any]
    rows: dict[str, Any]


class WarmHighs(HiGHS):
    """Solves one problem again and again, handing HiGHS only the rows that are new since the last time.

    For linear programmes whose columns, bounds, costs and earlier rows do not change. PuLP builds a new HiGHS model for
    every solve; with hundreds of cuts that costs more than the solve, and throws the basis away.
    """

    def __init__(self, start: Basis | None = None, **options: Any) -> None:
        """start: of another programme, to begin at: what it lacks is at its bound, or slack."""
        super().__init__(**options)
        self._start = start
        self.seconds: float | None = None
        """Time limit of the next solve."""
        self._model: Any = None
        self._rows = self._first_rows = 0

    def actualSolve(self, lp: LpProblem, **kwargs: Any) -> LpSolveStats:  # noqa: N802 - the name that PuLP calls
        """Build the model the first time, add what is new the other times, and solve."""
        start = clocks()
        if self._model is None:
            self.createAndConfigureSolver(lp)
            self.buildSolverModel(lp)
            self._model = lp.solverModel
            self._first_rows = len(lp.constraints())
            self._begin(lp)
        else:
            lp.solverModel = self._model
            self._add_rows(lp)
        self._rows = len(lp.constraints())
        # HiGHS counts the time of all solves of a model together.
        limit = np.inf if self.seconds is None else self._model.getRunTime() + max(self.seconds, 0.01)
        self._model.setOptionValue("time_limit", float(limit))
        self.callSolver(lp)  # type: ignore[no-untyped-call]
        status, has_solution = self.findSolutionValues(lp)
        return self.buildStats(lp, status, has_solution, start=start)

    def basis(self, lp: LpProblem) -> Basis | None:
        """The basis at the end of the last solve; None where there was none."""
        if self._model is None:
            return None
        basis = self._model.getBasis()
        columns = [variable.name for variable in lp.exported_variables()]
        rows = [row.name for row in lp.constraints()[: self._rows]]
        return Basis(dict(zip(columns, basis.col_status, strict=True)), dict(zip(rows, basis.row_status, strict=True)))

    def _begin(self, lp: LpProblem) -> None:
        """Put HiGHS at the start. It mends what does not fit, or begins afresh where it can't."""
        if self._start is None:
            return
        import highspy

        lower, basic = highspy.HighsBasisStatus.kLower, highspy.HighsBasisStatus.kBasic
        basis = highspy.HighsBasis()
        basis.col_status = [self._start.columns.get(variable.name, lower) for variable in lp.exported_variables()]
        basis.row_status = [self._start.rows.get(row.name, basic) for row in lp.constraints()]
        basis.valid = True
        self._model.setBasis(basis)

    def findSolutionValues(self, lp: LpProblem) -> tuple[LpSolveStatus, bool]:  # noqa: N802 - the name that PuLP calls
        """Hand back the columns' values, and the dual prices of columns and of the rows of the first build.

        PuLP's own sets every row's value in Python: with thousands of cuts that takes longer than the solve. Statuses
        that settle nothing are `Undefined`: `solve` then tries in other ways.
        """
        status = _STATUSES.get(self._model.getModelStatus().name, LpSolveStatus.Undefined)
        if status is not LpSolveStatus.Optimal:
            return status, False
        solution = self._model.getSolution()
        for variable, value, reduced in zip(
            lp.exported_variables(), solution.col_value, solution.col_dual, strict=True
        ):
            variable.varValue, variable.dj = value, reduced
        for row, price in zip(lp.constraints()[: self._first_rows], solution.row_dual, strict=False):
            row.pi = price
        return status, True

    def _add_rows(self, lp: LpProblem) -> None:
        column = {variable.id: j for j, variable in enumerate(lp.exported_variables())}
        starts: list[int] = []
        indices: list[int] = []
        coefficients: list[float] = []
        least: list[float] = []
        most: list[float] = []
        for row in lp.constraints()[self._rows :]:
            starts.append(len(indices))
            for variable, coefficient in row.items():
                indices.append(column[variable.id])
                coefficients.append(coefficient)
            lower, upper = row.getLb(), row.getUb()
            least.append(-np.inf if lower is None else lower)
            most.append(np.inf if upper is None else upper)
        self._model.addRows(
            len(starts),
            np.array(least, dtype=np.float64),
            np.array(most, dtype=np.float64),
            len(indices),
            np.array(starts, dtype=np.int32),
            np.array(indices, dtype=np.int32),
            np.array(coefficients, dtype=np.float64),
        )
