"""A plan in memory, as the audit is handed it, that tests change in place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from planner.assumptions.loaded import Loaded
from planner.audit import Audit, audit
from planner.dispatch import PeriodDispatch, Supply
from planner.forecast.demand import HourlyDemand
from planner.result import Schedule


@dataclass
class Hours:
    """A dispatch held in memory."""

    workloads: tuple[str, ...]
    supplies: tuple[Supply, ...]
    periods: list[PeriodDispatch]

    def __iter__(self):
        return iter(self.periods)


@dataclass
class Made:
    """What the audit is handed; tests change it in place."""

    schedule: Schedule
    dispatch: Hours
    demand: HourlyDemand
    loaded: Loaded
    relax: bool = False

    def audit(self) -> Audit:
        return audit(self.schedule, self.dispatch, self.demand, self.loaded, relax=self.relax)

    def failed(self) -> set[str]:
        return {check.name for check in self.audit().checks if not check.passed}

    def detail(self, name: str) -> str:
        return next(check.detail for check in self.audit().checks if check.name == name)

    def table(self, name: str) -> pd.DataFrame:
        return getattr(self.schedule, name)

    def set_table(self, name: str, frame: pd.DataFrame) -> None:
        self.schedule = replace(self.schedule, **{name: frame})

    def set_cell(self, name: str, row: int, column: str, value: object) -> None:
        frame = self.table(name).astype({column: object})
        frame.loc[row, column] = value
        self.set_table(name, frame)

    def append(self, name: str, *values: object) -> None:
        frame = self.table(name)
        self.set_table(name, pd.DataFrame([*frame.itertuples(index=False), values], columns=frame.columns))

    def retotal(self) -> None:
        self.schedule = replace(self.schedule, total_cost=float(self.schedule.costs["discounted"].sum()))

    def set_cost(self, component: str, change, column: str | None = None) -> None:
        """Change a component's amount and discounted (or one of them), and keep the sum true."""
        costs = self.schedule.costs
        rows = costs["component"] == component
        assert rows.any(), f"no {component} to change"
        for name in [column] if column else ["amount", "discounted"]:
            costs.loc[rows, name] = change(costs.loc[rows, name])
        self.retotal()


def slug(component: str) -> str:
    """The name of the check of a cost component."""
    return f"cost-{component.replace('_', '-')}"
