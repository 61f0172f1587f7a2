"""The day that a price list is from, where its name or its contents say so."""

from __future__ import annotations

import re
from datetime import date

_DAY = re.compile(r"(?<![0-9])(20[0-9]{2})([-_.]?)(0[1-9]|1[0-2])\2([0-2][0-9]|3[01])(?![0-9])")
_MONTH = re.compile(r"(?<![0-9])(20[0-9]{2})-(0[1-9]|1[0-2])(?![-0-9])")


def date_in(text: str) -> str:
    """The first day (or else month) that a text names, as `2026-07-30` or `2026-07`; empty where there is none.

    >>> date_in("gcp_gpu_commitment_prices_2026-07-30.csv"), date_in("catalog-20240508.csv"), date_in("aws.csv")
    ('2026-07-30', '2024-05-08', '')
    """
    for found in _DAY.finditer(text):
        try:
            return date(int(found[1]), int(found[3]), int(found[4])).isoformat()
        except ValueError:
            continue
    month = _MONTH.search(text)
    return month[0] if month else ""
