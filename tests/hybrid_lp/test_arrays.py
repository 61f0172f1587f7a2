"""What stands in for sorting gives what sorting gives."""

from __future__ import annotations

import numpy as np
import pytest
from hybrid_lp.arrays import numbered, order_in_groups


@pytest.mark.parametrize("largest", [5, 10**15])
def test_numbers_are_numbered_in_order_however_large(largest: int) -> None:
    """Counting to 10^15 would need a petabyte."""
    numbers = np.array([largest, 0, 3, largest, 3])
    distinct, which = numbered(numbers)
    assert distinct.tolist() == [0, 3, largest]
    assert which.tolist() == [2, 0, 1, 2, 1]


@pytest.mark.parametrize("groups", [3, 40_000])
def test_items_are_ordered_by_group_then_value(groups: int) -> None:
    """Of more groups than a short number can tell too."""
    rng = np.random.default_rng(groups)
    group, values = rng.integers(0, groups, 5000), rng.permutation(5000).astype(np.float64)
    group[0] = groups - 1
    assert order_in_groups(group, values).tolist() == np.lexsort((values, group)).tolist()
