"""One row of the catalogue's table of GPUs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Gpu:
    """What a GPU is, for speeds and memory."""

    name: str
    memory_gb: float
    tflops_16bit_dense: float
    """16-bit dense tensor TFLOPS: the ratio for workloads bound by compute."""
    bandwidth_tb_per_s: float
    """Memory bandwidth: the ratio for workloads bound by memory."""
    power_w: float
    source: str
    as_of: str
