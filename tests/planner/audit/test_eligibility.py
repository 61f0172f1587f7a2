"""Speeds, replicas and resale shares: the audit's own reading of the rules, case by case."""

import pytest

from planner.assumptions.schema import Offer, Server, Workload
from planner.audit.eligibility import share_busy, speed_of
from planner.audit.lots import resale_share
from planner.catalogue.gpu import Gpu
from planner.forecast.demand import Mix

GPUS = {
    "H100": Gpu("H100", 80.0, 1000.0, 3.0, 700.0, "", ""),
    "L4": Gpu("L4", 24.0, 120.0, 0.3, 72.0, "", ""),
}
MIX = Mix(input_tokens=3000.0, output_tokens=1000.0)
MEASURED = {
    "H100": {"input_tokens_per_s": 10000.0, "output_tokens_per_s": 1000.0},  # 0.3 s + 1 s for the mix
    "L4": {"input_tokens_per_s": 1000.0, "output_tokens_per_s": 100.0},  # 3 s + 10 s
    "X1": {"output_tokens_per_s": 500.0},  # 2 s
}


@pytest.mark.parametrize(
    ("entry", "gpu", "mix", "speed"),
    [
        ({"speed": {"L4": 0.2}, "throughput": MEASURED}, "L4", MIX, 0.2),
        ({"speed": {"H100": 0.9}}, "H100", MIX, 0.9),
        ({"speed": {"L4": 0.0}}, "L4", MIX, 0.0),
        ({}, "H100", MIX, 1.0),
        ({"reference_gpu": "Z9"}, "Z9", MIX, 1.0),
        ({"throughput": MEASURED}, "L4", MIX, 0.1),
        ({"throughput": MEASURED}, "X1", MIX, 0.65),
        ({"throughput": MEASURED}, "L4", Mix(), 0.12),
        ({"throughput": MEASURED}, "X1", Mix(input_tokens=5.0), 0.0),
        ({"throughput": MEASURED | {"H100": MEASURED["X1"]}}, "L4", Mix(input_tokens=5.0), 0.12),
        ({"throughput": {"X1": MEASURED["X1"]}}, "X1", MIX, 0.0),
        ({"throughput": {"L4": MEASURED["L4"]}}, "L4", MIX, 0.12),
        ({}, "L4", MIX, 0.12),
        ({"bound_by": "memory"}, "L4", MIX, 0.1),
        ({"reference_gpu": "L4"}, "H100", MIX, 1000 / 120),
        ({}, "Z9", MIX, 0.0),
        ({"reference_gpu": "Z9"}, "H100", MIX, 0.0),
    ],
)
def test_speed(entry, gpu, mix, speed):
    assert speed_of(Workload.model_validate(entry), gpu, mix, GPUS) == pytest.approx(speed, rel=1e-12)


def test_speed_in_requests():
    entry = {"throughput": {"H100": {"requests_per_s": 8.0}, "L4": {"requests_per_s": 2.0}}}
    assert speed_of(Workload.model_validate(entry), "L4", Mix(requests=7.0), GPUS) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("memory", "gpus", "own_memory", "share"),
    [
        (0.0, 3, None, 1.0),
        (80.0, 3, None, 1.0),
        (81.0, 3, None, 2 / 3),
        (240.0, 8, None, 6 / 8),
        (240.0, 2, None, 0.0),
        (140.0, 3, 141.0, 1.0),
    ],
)
def test_share_of_gpus_that_replicas_can_use(memory, gpus, own_memory, share):
    offer = {"provider": "x", "gpu": "H100", "gpus": gpus, "on_demand": 1.0, "gpu_memory_gb": own_memory}
    workload = Workload.model_validate({"gpu_memory_gb": memory})
    assert share_busy(workload, Offer.model_validate(offer), GPUS) == pytest.approx(share)


def test_unknown_memory_fits_only_workloads_that_need_none():
    offer = Offer.model_validate({"provider": "x", "gpu": "Z9", "gpus": 8, "on_demand": 1.0})
    assert share_busy(Workload.model_validate({"gpu_memory_gb": 1.0}), offer, GPUS) == 0.0
    assert share_busy(Workload.model_validate({}), offer, GPUS) == 1.0


@pytest.mark.parametrize(
    ("curve", "years", "share"),
    [
        ({}, 1.0, 0.0),
        ({"12 months": 0.6}, 0.5, 0.8),
        ({"12 months": 0.6}, 1.0, 0.6),
        ({"12 months": 0.6}, 5.0, 0.6),
        ({"12 months": 0.6, "2 years": 0.3}, 1.5, 0.45),
        ({"24 months": 0.3, "12 months": 0.6}, 1.5, 0.45),
        ({"8760 hours": 0.5}, 1.0, 0.5),
        ({"0 months": 0.9, "12 months": 0.5}, 0.5, 0.7),
    ],
)
def test_resale_share(curve, years, share):
    server = {"gpu": "H100", "gpus": 1, "price": 1.0, "power_kw": 0.0, "lifetime": "5 years", "resale": curve}
    assert resale_share(Server.model_validate(server), years) == pytest.approx(share, rel=1e-12)
