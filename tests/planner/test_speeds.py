"""Speeds and replicas by hand."""

from __future__ import annotations

from typing import Any

import pytest

from planner.assumptions.schema import Throughput, Workload
from planner.catalogue.gpu import Gpu
from planner.forecast.demand import Mix
from planner.speeds import seconds, speed, usable_share

GPUS = {
    name: Gpu(name, 80, tflops, bandwidth, 700, "test", "2026-01-01")
    for name, tflops, bandwidth in [("big", 1000.0, 4.0), ("small", 250.0, 2.0)]
}
NOTHING = Mix()
TOKENS = Mix(input_tokens=1000, output_tokens=100)
RATES = {
    "big": {"input_tokens_per_s": 1000.0, "output_tokens_per_s": 100.0},  # 2 s for TOKENS
    "small": {"input_tokens_per_s": 500.0, "output_tokens_per_s": 50.0},  # 4 s
    "odd": {"output_tokens_per_s": 20.0},  # 5 s: input costs nothing
}


def speed_of(gpu: str, mix: Mix = NOTHING, **workload: Any) -> float:
    return speed(Workload.model_validate({"reference_gpu": "big", **workload}), gpu, mix, GPUS)


def test_the_reference_gpu_is_1_unless_listed() -> None:
    assert speed_of("big") == 1
    assert speed_of("big", speed={"big": 0.9}) == 0.9
    assert speed_of("unknown", reference_gpu="unknown") == 1


def test_listed_wins_over_measured_and_over_the_table() -> None:
    assert speed_of("small", TOKENS, speed={"small": 0.6}, throughput=RATES) == 0.6
    assert speed_of("small", speed={"small": 0}) == 0


def test_measured_wins_over_the_table_at_the_forecasts_mix() -> None:
    assert speed_of("small", TOKENS, throughput=RATES) == pytest.approx(0.5)
    assert speed_of("odd", TOKENS, throughput=RATES) == pytest.approx(2 / 5)
    assert speed_of("odd", Mix(output_tokens=1), throughput=RATES) == pytest.approx(0.2)


def test_the_table_by_what_the_work_is_bound_by() -> None:
    assert speed_of("small") == 0.25
    assert speed_of("small", bound_by="memory") == 0.5


def test_the_table_decides_where_the_forecast_counts_nothing_that_was_measured() -> None:
    assert speed_of("small", NOTHING, throughput=RATES) == 0.25
    only = {"small": RATES["small"]}
    assert speed_of("small", TOKENS, throughput=only) == 0.25, "the reference GPU was not measured"


@pytest.mark.parametrize(("gpu", "reference"), [("odd", "big"), ("small", "odd")])
def test_never_1_by_default(gpu: str, reference: str) -> None:
    assert speed_of(gpu, reference_gpu=reference) == 0


def test_seconds_for_a_mix() -> None:
    mix = Mix(input_tokens=600, output_tokens=50, requests=3)
    assert seconds(Throughput(input_tokens_per_s=200, output_tokens_per_s=25), mix) == 5
    assert seconds(Throughput(requests_per_s=2), mix) == 1.5
    assert seconds(Throughput(output_tokens_per_s=25), mix) == 2


@pytest.mark.parametrize(
    ("needs", "memory", "gpus", "share"),
    [
        (0, 80, 8, 1),
        (80, 80, 1, 1),
        (80.1, 80, 1, 0),
        (140, 80, 8, 1),
        (140, 80, 5, 4 / 5),
        (200, 80, 8, 6 / 8),
        (320, 80, 8, 1),
        (321, 80, 8, 5 / 8),
        (640, 80, 8, 1),
        (641, 80, 8, 0),
        (0.3, 0.1, 3, 1),  # 0.3 / 0.1 is 2.9999999999999996, and 3 × 0.1 is more than 0.3
    ],
)
def test_share_of_a_unit_that_replicas_can_use(needs: float, memory: float, gpus: int, share: float) -> None:
    """u = r·⌊gpus/r⌋/gpus with r = ⌈needs/memory⌉."""
    assert usable_share(needs, memory, gpus) == pytest.approx(share)
