"""Where a workload may run, and how much of its work a GPU does there: the audit's own reading of formats.md."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.schema import Api, BoundBy, Location, Offer, Server, Throughput, Workload
from planner.audit.setting import Setting
from planner.catalogue.gpu import Gpu
from planner.dispatch import Supply, SupplyKind
from planner.forecast.demand import Mix, Quantity

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Rates:
    """What a GPU occupied for an hour gives; the axes are those of demand.workloads and dispatch.supplies."""

    work: FloatArray
    """work[workload, supply]: reference GPU-hours delivered per GPU-hour occupied (speed × share busy × work kept)."""
    busy: FloatArray
    """busy[workload, supply]: share of occupied GPUs that run, and draw power; the rest is stranded."""
    obstacles: Mapping[tuple[int, int], str]
    """(workload, supply) → why it may not or cannot run there."""


def rates(setting: Setting, supplies: Sequence[Supply]) -> Rates:
    """Rates of all workloads of the demand on the given supplies; 0 where there is an obstacle."""
    shape = (len(setting.demand.workloads), len(supplies))
    work, busy = np.zeros(shape), np.zeros(shape)
    obstacles: dict[tuple[int, int], str] = {}
    for w, name in enumerate(setting.demand.workloads):
        workload = setting.workloads[name]
        for s, supply in enumerate(supplies):
            machine, api = setting.machine(supply), setting.api(supply)
            if api is not None:
                obstacle = api_forbidden(setting, name, api)
                work[w, s] = busy[w, s] = 0.0 if obstacle else 1.0
            elif machine is None:
                obstacle = "no such supply"
            else:
                obstacle = forbidden(setting, workload, supply, machine)
            if machine is not None and not obstacle:
                busy[w, s] = share_busy(workload, machine, setting.gpus)
                speed = speed_of(workload, machine.gpu, _mix(setting, name), setting.gpus)
                work[w, s] = speed * busy[w, s] * (1.0 - _lost(supply, machine))
                obstacle = _powerless(speed, float(busy[w, s]), machine)
            if obstacle:
                obstacles[w, s] = obstacle
    return Rates(work, busy, obstacles)


def forbidden(setting: Setting, workload: Workload, supply: Supply, machine: Server | Offer) -> str:
    """Why location, region, interruptions or the server's sites forbid it, or an empty string."""
    local = supply.kind is SupplyKind.SERVER
    if workload.location is (Location.CLOUD if local else Location.LOCAL):
        return f"location is {workload.location.value}"
    if isinstance(machine, Server) and not setting.may_stand(supply):
        return f"the server may stand at {', '.join(machine.sites or [])} only"
    region = setting.assumptions.sites[supply.place].region if isinstance(machine, Server) else machine.region
    if obstacle := _elsewhere(workload, region):
        return obstacle
    if supply.kind is SupplyKind.SPOT and not workload.interruptible:
        return "the workload is not interruptible"
    return ""


def api_forbidden(setting: Setting, name: str, api: Api) -> str:
    """Why a workload may not be done by an API, or an empty string. An API is in the cloud, and in no region."""
    workload = setting.workloads[name]
    if workload.location is Location.LOCAL:
        return f"location is {workload.location.value}"
    if api.workloads is not None and name not in api.workloads:
        return f"the API does {', '.join(api.workloads)} only"
    if setting.tokens(name) is None:
        return "the workload is not forecast in tokens"
    return _elsewhere(workload, "")


def _elsewhere(workload: Workload, region: str) -> str:
    if workload.regions is not None and not any(fnmatchcase(region, pattern) for pattern in workload.regions):
        return f"region '{region}' matches none of {', '.join(workload.regions)}"
    return ""


def share_busy(workload: Workload, machine: Server | Offer, gpus: Mapping[str, Gpu]) -> float:
    """Share of a unit's GPUs that replicas can use: r·⌊gpus/r⌋/gpus with r = ⌈memory needed / GPU memory⌉ GPUs each."""
    if workload.gpu_memory_gb == 0:
        return 1.0
    memory = machine.gpu_memory_gb
    if memory is None:
        known = gpus.get(machine.gpu)
        memory = known.memory_gb if known is not None else 0.0
    if memory <= 0:
        return 0.0
    replica = math.ceil(workload.gpu_memory_gb / memory)
    return replica * (machine.gpus // replica) / machine.gpus


def speed_of(workload: Workload, gpu: str, mix: Mix, gpus: Mapping[str, Gpu]) -> float:
    """Reference GPU-hours per GPU-hour (formats.md, Speeds): listed, measured, or the table's ratio; 0 if unknown."""
    if gpu in workload.speed:
        return workload.speed[gpu]
    if gpu == workload.reference_gpu:
        return 1.0
    measured, reference = workload.throughput.get(gpu), workload.throughput.get(workload.reference_gpu)
    if measured is not None and reference is not None:
        own, wanted = _seconds(measured, mix), _seconds(reference, mix)
        if own > 0 and wanted > 0:
            return wanted / own
        if mix == Mix():  # GPU-hours: without a mix, only rates of one and the same kind can be compared
            kinds = ("input_tokens_per_s", "output_tokens_per_s", "requests_per_s")
            rates = [(getattr(measured, kind), getattr(reference, kind)) for kind in kinds]
            named = [pair for pair in rates if pair != (None, None)]
            if len(named) == 1 and None not in named[0]:
                return float(named[0][0] / named[0][1])
    row, base = gpus.get(gpu), gpus.get(workload.reference_gpu)
    if row is None or base is None:
        return 0.0
    if workload.bound_by is BoundBy.COMPUTE:
        return row.tflops_16bit_dense / base.tflops_16bit_dense
    return row.bandwidth_tb_per_s / base.bandwidth_tb_per_s


def _seconds(throughput: Throughput, mix: Mix) -> float:
    """GPU-seconds that a mix takes; a rate left out means that its side costs nothing."""
    sides = (
        (mix.input_tokens, throughput.input_tokens_per_s),
        (mix.output_tokens, throughput.output_tokens_per_s),
        (mix.requests, throughput.requests_per_s),
    )
    return sum(amount / rate for amount, rate in sides if rate is not None)


def _mix(setting: Setting, workload: str) -> Mix:
    """What the speeds are weighed with; tokens win over requests, other forecasts have no mix."""
    mix = setting.demand.mix.get(workload, Mix())
    match setting.demand.quantity:
        case Quantity.TOKENS:
            return Mix(input_tokens=mix.input_tokens, output_tokens=mix.output_tokens)
        case Quantity.REQUESTS:
            return Mix(requests=mix.requests)
    return Mix()


def _lost(supply: Supply, machine: Server | Offer) -> float:
    spot = supply.kind is SupplyKind.SPOT and isinstance(machine, Offer) and machine.spot
    return spot.lost_work if spot else 0.0


def _powerless(speed: float, busy: float, machine: Server | Offer) -> str:
    if busy == 0:
        return f"a replica does not fit into one unit's {machine.gpus} × {machine.gpu}"
    return f"the speed on {machine.gpu} is 0 or not known" if speed == 0 else ""
