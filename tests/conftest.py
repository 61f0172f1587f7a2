"""No test keeps runs in the data folder of the user who runs it."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANNER_STORE", "none")
