from __future__ import annotations

from decimal import Decimal

import pytest

from planner.assumptions.prices.gpu_names import GpuName, resolve
from planner.assumptions.prices.quotes import Refused
from planner.catalogue.reader import catalogue


@pytest.mark.parametrize(
    ("said", "memory", "name", "own_memory"),
    [
        ("H100", None, "H100", None),
        ("h100-80gb", None, "H100", None),
        ("H100-SXM", 80, "H100", None),
        ("h100-80gb-mega", None, "H100", None),
        ("NVIDIA H100 80GB HBM3", None, "H100", None),
        ("H100 NVL", 94, "H100-NVL", None),
        ("H100NVL", "93.6", "H100-NVL", None),
        ("NVIDIA H100 NVL", None, "H100-NVL", None),
        ("H100", 94, "H100-NVL", None),
        ("H100", "85.9", "H100", None),  # 80 GiB
        ("H200 NVL", 141, "H200", None),
        ("RTX A6000", 48, "A6000", None),
        ("NVIDIA RTX 6000 Ada Generation", None, "RTX6000-Ada", None),
        ("GeForce RTX 5090", None, "RTX5090", None),
        ("NVIDIA L40", 45, "L40", None),
        ("A100", None, "A100", None),
        ("A100", 40, "A100", None),
        ("A100", 80, "A100-80GB", None),
        ("A100-80GB-SXM", None, "A100-80GB", None),
        ("a100-80gb", 80, "A100-80GB", None),
        ("Tesla V100-SXM2-16GB", None, "V100", None),
        ("V100-32GB", None, "V100", 32),
        ("L4", "22.35", "L4", None),
        ("L4", "178.8", "L4", None),  # all GPUs together
        ("NVIDIA GeForce RTX 4090", None, "RTX4090", None),
        ("AMD Instinct MI300X OAM", None, "MI300X", None),
        ("A10G", "22.35", "A10G", None),
        ("NVIDIA XY-9", 12, "XY-9", 12),
        ("Trainium", 32, "Trainium", 32),
    ],
)
def test_names_of_lists_are_read_as_the_catalogues(said, memory, name, own_memory):
    given = None if memory is None else Decimal(memory)
    wanted = GpuName(name, None if own_memory is None else Decimal(own_memory))
    assert resolve(said, given, catalogue().gpus) == wanted


@pytest.mark.parametrize(
    ("said", "memory", "reason"),
    [
        ("XY-9", None, "GPU outside the catalogue's table whose memory the list does not say"),
        ("XY-9", 0, "GPU outside the catalogue's table whose memory the list does not say"),
        ("H100", 10, "part of a GPU"),
        ("A100", 20, "part of a GPU"),
    ],
)
def test_a_gpu_that_cannot_be_planned_is_refused(said, memory, reason):
    with pytest.raises(Refused) as refused:
        resolve(said, None if memory is None else Decimal(memory), catalogue().gpus)
    assert refused.value.reason == reason


def test_every_gpu_of_the_catalogue_is_read_as_itself():
    table = catalogue().gpus
    for name, gpu in table.items():
        assert resolve(name, None, table) == GpuName(name, None)
        assert resolve(name, Decimal(str(gpu.memory_gb)), table) == GpuName(name, None)
