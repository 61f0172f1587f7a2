"""The assumptions file of the example."""

from __future__ import annotations

from collections.abc import Mapping

_TEXT = """# Made by `make worked-example`. What is not here comes from the catalogue.
version: 1
extends: prices.yaml                       # every offer of GCP's list, made by `planner prices gcp`
name: Worked example

horizon: {{period: month, periods: {periods}, projection: {{growth_per_year: 0}}}}

workloads:
  # The traces do not name their GPUs: both clusters are counted as V100, the GPU of those years that the catalogue has.
  philly: {{from: research, reference_gpu: V100, gpu_memory_gb: 16}}
  helios: {{from: research, reference_gpu: V100, gpu_memory_gb: 16}}
  # Speeds at the service's own mix of input and output tokens.
{serving}

sites:
  colocation-us: {{}}                        # rented space: no building of our own

servers:
  hgx-h100-8: {{}}
  hgx-h200-8: {{}}
  hgx-b200-8: {{}}
  l40s-8: {{}}
"""


def assumptions(periods: int, profiles: Mapping[str, str], speeds: Mapping[str, Mapping[str, float]]) -> str:
    """The file, for a horizon of months. profiles: by service; speeds: by service and GPU."""
    lines = []
    for name, profile in profiles.items():
        listed = ", ".join(f"{gpu}: {speed:.4g}" for gpu, speed in speeds[name].items())
        lines.append(f"  {name}: {{from: {profile}, reference_gpu: H100, speed: {{{listed}}}}}")
    return _TEXT.format(periods=periods, serving="\n".join(lines))
