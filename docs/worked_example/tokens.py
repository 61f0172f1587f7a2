"""Tokens → GPU-hours: the catalogue's measured throughput, and the planner's own conversion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.api import read_inputs
from planner.catalogue.listing import Kind, figures
from worked_example import traces

GPUS = ("H100", "H200", "B200")
"""For which the catalogue has measured throughput; the first is the reference."""

PROFILES = {"m-large": "chat-235b", "m-mid": "chat-70b", "m-small": "chat-8b"}
"""Service of the trace → the profile of the catalogue it is taken for: the trace does not say how large models are."""

_SHORT, _LONG = "chat-70b", "long-context-70b"
"""One model, measured with 1,000 tokens in and with 8,000 tokens in for every 1,000 out."""


@dataclass(frozen=True)
class Rates:
    """What one GPU delivers of one model, in tokens per second, if it did nothing else."""

    input_tokens_per_s: float
    output_tokens_per_s: float

    def seconds(self, input_tokens: float, output_tokens: float) -> float:
        """GPU-seconds that a mix of tokens takes."""
        return input_tokens / self.input_tokens_per_s + output_tokens / self.output_tokens_per_s


def rates(profile: str, gpu: str) -> Rates:
    """Input and output rate of a profile's model on a GPU.

    Per output token, 1/T(1k in) = 1/input + 1/output and 1/T(8k in) = 8/input + 1/output, with T the two measured
    throughputs of the 70B model: solved for the two rates. Other models, measured with 1k in only, are taken to be as
    much faster or slower than the 70B in both directions as they are together.
    """
    short, long = _measured(_SHORT, gpu), _measured(_LONG, gpu)
    input_rate = 7 / (1 / long - 1 / short)
    output_rate = 1 / (1 / short - 1 / input_rate)
    ratio = _measured(profile, gpu) / short
    return Rates(ratio * input_rate, ratio * output_rate)


def _measured(profile: str, gpu: str) -> float:
    key = f"throughput.{gpu}.output_tokens_per_s"
    return float(next(figure.value for figure in figures(Kind.WORKLOAD, profile) if figure.key == key))


def speeds(profile: str, input_tokens: float, output_tokens: float) -> dict[str, float]:
    """Reference GPU-hours that an hour of each GPU delivers, at a mix of tokens."""
    reference = rates(profile, GPUS[0]).seconds(input_tokens, output_tokens)
    return {gpu: reference / rates(profile, gpu).seconds(input_tokens, output_tokens) for gpu in GPUS}


def gpu_hours(tokens: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """GPU-hours of the reference GPU by hour, of columns (direction, workload), through the planner's own reading."""
    parts = [
        tokens[direction].melt(ignore_index=False, var_name="workload", value_name=direction)
        for direction in traces.DIRECTIONS
    ]
    long = pd.concat([part.set_index("workload", append=True) for part in parts], axis=1).reset_index()
    workloads = {}
    for name, profile in PROFILES.items():
        rate = rates(profile, GPUS[0])
        delivered = {"input_tokens_per_s": rate.input_tokens_per_s, "output_tokens_per_s": rate.output_tokens_per_s}
        workloads[name] = {"reference_gpu": GPUS[0], "throughput": {GPUS[0]: delivered}}
    demand = read_inputs(long, {"version": 1, "horizon": {"period": "week"}, "workloads": workloads}).demand
    return {name: demand.gpus[:, number] for number, name in enumerate(demand.workloads)}
