"""docs/sweep-example.md is what its command makes, where the data is at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def the_example_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))


def test_without_its_data_it_says_what_is_missing(tmp_path, capsys):
    from sweep_example.__main__ import main

    assert main([str(tmp_path), str(tmp_path / "page.md")]) == 2
    assert "gcp_gpu_price_history_monthly.csv" in capsys.readouterr().err


def test_the_factors_are_what_the_page_says(tmp_path):
    """The ends of the tornado are quantiles of the year's changes in the history."""
    import shutil

    import numpy as np
    import pandas as pd
    from sweep_example.__main__ import HISTORY, SPREAD

    from planner.sweep.distributions import read_distributions

    if not (DATA / HISTORY).is_file():
        pytest.skip(f"{HISTORY} is not there (../shared/data)")
    shutil.copy(SPREAD, tmp_path / "spread.yaml")
    shutil.copy(DATA / HISTORY, tmp_path / HISTORY)
    spread = read_distributions(tmp_path / "spread.yaml")
    table = pd.read_csv(DATA / HISTORY).sort_values("month")
    changes = table.groupby(["instance", "region"])["spot"].transform(lambda price: price / price.shift(12)).dropna()
    ends = {(point.of, point.role.value): point.varied[point.of] for point in spread.ends(1)}
    low, high = np.quantile(changes[np.isfinite(changes)], [0.05, 0.95])
    assert ends["spot prices", "low"] == pytest.approx(low, rel=0.02)
    assert ends["spot prices", "high"] == pytest.approx(high, rel=0.02)
    page = (ROOT / "docs" / "sweep-example.md").read_text(encoding="utf-8")
    assert f"{ends['spot prices', 'low']:.4g}" in page
    assert SPREAD.read_text(encoding="utf-8").rstrip() in page
