"""The bunched simplex against HiGHS, one small programme at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hybrid_lp import bunching
from hybrid_lp.bases import Bases
from hybrid_lp.bunching import BunchedSimplex
from pulp import LpMinimize, LpProblem, getSolver, lpSum_vars_coefs

Case = tuple[np.ndarray, np.ndarray, np.ndarray]
SEEDS = range(60)


def case(seed: int, items: int = 40) -> Case:
    """A x ≤ b with small whole numbers, so that ties and degenerate corners are everywhere; half the costs may be 0.

    Every row with a right-hand side below 0 can be met: one column per row helps it, at a price.
    """
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(1, 7)), int(rng.integers(1, 8))
    matrix = rng.integers(-2, 4, (rows, columns)) * (rng.random((rows, columns)) < 0.7)
    cost = rng.integers(0, 4, columns)
    helps = rng.integers(0, 20, rows)
    sides = rng.integers(-4, 6, (rows, items))
    if seed % 3 == 0:
        # As the hours have them: real numbers, and costs far apart.
        sides = sides * rng.gamma(2.0, 1.0, sides.shape)
        cost = cost * 10.0 ** rng.integers(-3, 3, columns)
    return (
        np.hstack([matrix, -np.eye(rows)]).astype(float),
        np.concatenate([cost, helps]).astype(float),
        sides.astype(float),
    )


def by_highs(matrix: np.ndarray, cost: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """optimum[item]: all items side by side in one programme."""
    problem = LpProblem("items", LpMinimize)
    goal, columns = [], []
    for item in range(sides.shape[1]):
        x = [problem.add_variable(f"x_{item}_{j}", 0) for j in range(len(cost))]
        columns.append(x)
        goal += list(zip(x, cost.tolist(), strict=True))
        for row in range(len(matrix)):
            terms = [(x[j], float(matrix[row, j])) for j in np.flatnonzero(matrix[row])]
            problem.addConstraint(lpSum_vars_coefs(terms) <= float(sides[row, item]), f"row_{item}_{row}")
    problem.setObjective(lpSum_vars_coefs(goal))
    problem.solve(getSolver("HiGHS", msg=False, primal_feasibility_tolerance=1e-9, dual_feasibility_tolerance=1e-9))
    return np.array([[variable.varValue for variable in x] for x in columns]) @ cost


def solved(simplex: BunchedSimplex, made: Case, basis: np.ndarray) -> np.ndarray:
    """cost[item]; asserts that every item is told once and that its values satisfy the rows."""
    matrix, cost, sides = made
    total, seen = np.full(sides.shape[1], np.nan), np.zeros(sides.shape[1], dtype=int)
    for part in simplex.basic(sides, basis):
        x = np.zeros((len(part.values), len(cost)))
        item, row = np.nonzero(part.columns < simplex.columns)
        x[item, part.columns[item, row]] = part.values[item, row]
        assert (x >= 0).all()
        assert (matrix @ x.T <= sides[:, part.items] + 1e-7).all()
        total[part.items] = x @ cost
        seen[part.items] += 1
    assert (seen == 1).all()
    return total


@pytest.mark.parametrize("seed", SEEDS)
def test_costs_are_the_least_ones(seed: int) -> None:
    made = case(seed)
    simplex = BunchedSimplex(Bases(made[0]), made[1][None])
    basis = simplex.solve(made[2], np.zeros(made[2].shape[1], dtype=np.int64))
    assert solved(simplex, made, basis) == pytest.approx(by_highs(*made), rel=1e-8, abs=1e-7)


@pytest.mark.parametrize("seed", SEEDS)
def test_prices_give_the_cost_and_bound_all_others(seed: int) -> None:
    """Weak duality: a basis's prices, times any right-hand side, are at most its cost; at its own they meet it."""
    made = case(seed)
    matrix, _, sides = made
    simplex = BunchedSimplex(Bases(matrix), made[1][None])
    basis = simplex.solve(sides, np.zeros(sides.shape[1], dtype=np.int64))
    cost = solved(simplex, made, basis)
    numbers, which = np.unique(basis, return_inverse=True)
    bounds, exact = simplex.prices(numbers)
    assert (bounds <= 1e-9).all(), "a larger right-hand side never costs more"
    assert np.einsum("ir,ri->i", exact[which], sides) == pytest.approx(cost, rel=1e-7, abs=1e-6)
    assert (bounds @ sides <= cost + 1e-6 * (1 + np.abs(cost))).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_warm_start_changes_nothing(seed: int) -> None:
    """From the bases of other right-hand sides, in any order, with the bases of both already known."""
    made, other = case(seed), case(seed, items=60)[2][:, 20:]
    rng = np.random.default_rng(seed)
    simplex = BunchedSimplex(Bases(made[0]), made[1][None])
    cold = solved(simplex, made, simplex.solve(made[2], np.zeros(40, dtype=np.int64)))
    elsewhere = simplex.solve(other, np.zeros(40, dtype=np.int64))
    warm = simplex.solve(made[2], rng.permutation(elsewhere))
    assert solved(simplex, made, warm) == pytest.approx(cold, rel=1e-9, abs=1e-8)


@pytest.mark.parametrize("seed", [1, 3, 6, 8])
def test_from_the_optimal_basis_nothing_moves(seed: int) -> None:
    made = case(seed)
    simplex = BunchedSimplex(Bases(made[0]), made[1][None])
    basis = simplex.solve(made[2], np.zeros(40, dtype=np.int64))
    assert simplex.solve(made[2], basis).tolist() == basis.tolist()


def test_many_hours_in_chunks_cost_what_each_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """40,000 items cut into chunks of 1,000 values give what one chunk gives; a sample is checked by HiGHS."""
    made = case(9, items=40_000)
    nothing = np.zeros(40_000, dtype=np.int64)
    whole = BunchedSimplex(Bases(made[0]), made[1][None])
    costs = solved(whole, made, whole.solve(made[2], nothing))
    monkeypatch.setattr(bunching, "_CHUNK_VALUES", 1000)
    cut = BunchedSimplex(Bases(made[0]), made[1][None])
    basis = cut.solve(made[2], nothing)
    assert max(len(part.values) for part in cut.basic(made[2], basis)) <= 1000
    assert solved(cut, made, basis) == pytest.approx(costs, rel=1e-9, abs=1e-9)
    sample = np.arange(0, 40_000, 500)
    assert costs[sample] == pytest.approx(by_highs(made[0], made[1], made[2][:, sample]), rel=1e-8, abs=1e-7)


def test_an_hour_by_hand() -> None:
    """Serve d on 2 GPUs at 0, then 1 GPU at 1, then leave it undone at 5. Rows: −service, use, limit."""
    matrix = np.array([[-1.0, -1, -1], [1, 0, 0], [0, 1, 0]])
    simplex = BunchedSimplex(Bases(matrix), np.array([[0.0, 1, 5]]))
    demand = np.array([0.0, 1, 2, 2.5, 3, 4.5])
    sides = np.vstack([-demand, np.full(6, 2.0), np.full(6, 1.0)])
    basis = simplex.solve(sides, np.zeros(6, dtype=np.int64))
    assert solved(simplex, (matrix, np.array([0.0, 1, 5]), sides), basis) == pytest.approx(
        [0, 0, 0, 0.5, 1, 8.5], abs=1e-9
    )


def test_basic_in() -> None:
    matrix = np.array([[-1.0, -1]])
    simplex = BunchedSimplex(Bases(matrix), np.array([[1.0, 2]]))
    basis = simplex.solve(np.array([[-3.0, 4]]), np.zeros(2, dtype=np.int64))
    assert simplex.basic_in(basis, np.array([0])).tolist() == [True, False]
    assert simplex.basic_in(basis, np.array([1])).tolist() == [False, False]
    assert simplex.basic_in(basis, np.array([1, 2])).tolist() == [False, True]


def test_no_way_to_meet_a_row_is_an_error() -> None:
    """Callers give every row a column that can; one that does not is a bug, and says so."""
    simplex = BunchedSimplex(Bases(np.array([[1.0]])), np.array([[1.0]]))
    with pytest.raises(RuntimeError, match="bug"):
        simplex.solve(np.array([[-1.0]]), np.zeros(1, dtype=np.int64))


@pytest.mark.parametrize("seed", SEEDS)
def test_several_costs_at_once(seed: int) -> None:
    """Items under three costs, mixed: each costs what it does alone; and so it does from bases of the other costs."""
    made = case(seed)
    matrix, cost, sides = made
    rng = np.random.default_rng(seed)
    costs = np.array([cost, cost * rng.uniform(0.5, 2.0, len(cost)), cost[::-1]])
    under = rng.integers(0, 3, sides.shape[1])
    together, bases = BunchedSimplex(Bases(matrix), costs), Bases(matrix)
    cold = together.solve(sides, under)
    together.adopt(together, np.repeat(np.unique(cold), 3), np.tile(np.arange(3), len(np.unique(cold))))
    warm = together.solve(sides, together.nearest(sides, under))
    kept = together.keeping(np.unique(warm))
    again = kept.solve(sides, kept.nearest(sides, under))
    for number, charged in enumerate(costs):
        here = under == number
        alone = BunchedSimplex(bases, charged[None])
        part = sides[:, here]
        expected = solved(alone, (matrix, charged, part), alone.solve(part, np.zeros(here.sum(), dtype=np.int64)))
        assert expected == pytest.approx(by_highs(matrix, charged, part), rel=1e-8, abs=1e-7)
        for simplex, basis in ((together, cold), (together, warm), (kept, again)):
            assert solved(simplex, (matrix, charged, part), basis[here]) == pytest.approx(expected, rel=1e-8, abs=1e-7)


def test_nothing_to_solve() -> None:
    simplex = BunchedSimplex(Bases(np.array([[-1.0]])), np.array([[1.0]]))
    assert len(simplex.solve(np.zeros((1, 0)), np.zeros(0, dtype=np.int64))) == 0
