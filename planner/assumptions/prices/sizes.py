"""What GPUs the instance types of AWS and Azure have: their own price lists name none.

From the providers' descriptions of their instance types (as of 2026-11). What is not here is skipped, and said.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

AWS_FAMILIES: Mapping[str, tuple[str, int]] = {
    "p3": ("V100", 16), "p3dn": ("V100", 32), "p4d": ("A100", 40), "p4de": ("A100-80GB", 80), "p5": ("H100", 80),
    "p5e": ("H200", 141), "p5en": ("H200", 141), "p6-b200": ("B200", 180), "g3": ("M60", 8), "g3s": ("M60", 8),
    "g4dn": ("T4", 16), "g5": ("A10G", 24), "g5g": ("T4G", 16), "g6": ("L4", 24), "gr6": ("L4", 24),
    "g6e": ("L40S", 48),
}  # fmt: skip
"""Family → GPU and its memory in GB. How many there are is in the list's column GPU."""

_A10_CARDS = {6: Decimal(1) / 6, 12: Decimal(1) / 3, 18: Decimal(1) / 2}

AZURE_SIZES: Mapping[str, tuple[str, int, Decimal]] = {
    **{f"nc{cpus}s_v3": ("V100", 16, Decimal(cpus) / 6) for cpus in (6, 12, 24)},
    "nc24rs_v3": ("V100", 16, Decimal(4)),
    "nd40rs_v2": ("V100", 32, Decimal(8)),
    **{f"nc{cpus}as_t4_v3": ("T4", 16, Decimal(1)) for cpus in (4, 8, 16)},
    "nc64as_t4_v3": ("T4", 16, Decimal(4)),
    "nd96asr_v4": ("A100", 40, Decimal(8)),
    "nd96amsr_a100_v4": ("A100-80GB", 80, Decimal(8)),
    **{f"nc{cpus}ads_a100_v4": ("A100-80GB", 80, Decimal(cpus) / 24) for cpus in (24, 48, 96)},
    **{f"nv{cpus}ads_a10_v5": ("A10", 24, share) for cpus, share in _A10_CARDS.items()},
    "nv36ads_a10_v5": ("A10", 24, Decimal(1)),
    "nv36adms_a10_v5": ("A10", 24, Decimal(1)),
    "nv72ads_a10_v5": ("A10", 24, Decimal(2)),
    "nc40ads_h100_v5": ("H100 NVL", 94, Decimal(1)),
    "nc80adis_h100_v5": ("H100 NVL", 94, Decimal(2)),
    "ncc40ads_h100_v5": ("H100 NVL", 94, Decimal(1)),
    "nd96isr_h100_v5": ("H100", 80, Decimal(8)),
    "nd96is_h100_v5": ("H100", 80, Decimal(8)),
    "nd96isr_h200_v5": ("H200", 141, Decimal(8)),
    "nd96is_h200_v5": ("H200", 141, Decimal(8)),
    "nd96isr_mi300x_v5": ("MI300X", 192, Decimal(8)),
    "nd96is_mi300x_v5": ("MI300X", 192, Decimal(8)),
}
"""Size, in small letters and without `standard_` → GPU, its memory in GB, how many of them."""
