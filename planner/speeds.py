"""Which GPU does how much of a workload's work in an hour."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from planner.assumptions.schema import BoundBy, Throughput, Workload
from planner.catalogue.gpu import Gpu
from planner.forecast.demand import Mix


def speed(workload: Workload, gpu: str, mix: Mix, gpus: Mapping[str, Gpu]) -> float:
    """Reference GPU-hours that one GPU-hour delivers; 0 where the workload cannot run (formats.md, Speeds).

    `speed` if listed; else from `throughput` if it names the GPU, at the whole forecast's mix; else the catalogue's
    ratio to the reference GPU by `bound_by`. The reference GPU itself is 1 unless listed.
    """
    if gpu in workload.speed:
        return workload.speed[gpu]
    if gpu == workload.reference_gpu:
        return 1.0
    measured, reference = workload.throughput.get(gpu), workload.throughput.get(workload.reference_gpu)
    if measured is not None and reference is not None:
        own, wanted = seconds(measured, mix), seconds(reference, mix)
        if own > 0 and wanted > 0:
            return wanted / own
        if mix == Mix():  # a forecast in GPU-hours or GPUs: rates of one kind compare without a mix
            rates, others = _given(measured), _given(reference)
            if len(rates) == 1 and rates.keys() == others.keys():
                return next(iter(rates.values())) / next(iter(others.values()))
    if gpu in gpus and workload.reference_gpu in gpus:
        here, there = gpus[gpu], gpus[workload.reference_gpu]
        if workload.bound_by is BoundBy.MEMORY:
            return here.bandwidth_tb_per_s / there.bandwidth_tb_per_s
        return here.tflops_16bit_dense / there.tflops_16bit_dense
    return 0.0


def _given(rates: Throughput) -> dict[str, float]:
    return rates.model_dump(exclude_none=True)


def seconds(rates: Throughput, mix: Mix) -> float:
    """GPU-seconds for a mix of work; a rate left out means that its side costs nothing."""
    pairs = (
        (mix.input_tokens, rates.input_tokens_per_s),
        (mix.output_tokens, rates.output_tokens_per_s),
        (mix.requests, rates.requests_per_s),
    )
    return sum(amount / rate for amount, rate in pairs if rate is not None)


def usable_share(memory_per_replica_gb: float, gpu_memory_gb: float, gpus: int) -> float:
    """Share of a unit's GPUs that replicas can use: u = r·⌊gpus/r⌋/gpus with r = ⌈memory/GPU memory⌉; 0 if r > gpus.

    >>> usable_share(140, 80, 8), usable_share(200, 80, 8), usable_share(140, 80, 1)
    (1.0, 0.75, 0.0)
    """
    per_replica = max(1, ceil(memory_per_replica_gb / gpu_memory_gb - 1e-12))
    return per_replica * (gpus // per_replica) / gpus
