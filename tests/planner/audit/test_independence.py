"""The audit shares no arithmetic with what it checks: read off the import statements, the whole way down."""

import ast
from pathlib import Path

import planner.audit

PACKAGE = Path(planner.audit.__file__).parent
ROOT = PACKAGE.parent.parent
FORBIDDEN = (
    "hybrid_lp", "planner.economics", "planner.order_costs", "planner.prepare", "planner.price_paths",
    "planner.running_costs", "planner.schedule", "planner.speeds", "pulp", "highspy",
)  # fmt: skip


def imported(source: Path) -> set[str]:
    """Every module, or name taken from one, that a file imports, wherever in the file; not under TYPE_CHECKING."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}: relative import"
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def source_of(module: str) -> Path | None:
    path = ROOT / Path(*module.split("."))
    if path.with_suffix(".py").is_file():
        return path.with_suffix(".py")
    return path / "__init__.py" if (path / "__init__.py").is_file() else None


def test_audit_modules_import_only_what_they_may():
    allowed = {
        "planner.assumptions.durations", "planner.assumptions.loaded", "planner.assumptions.price_file",
        "planner.assumptions.schema", "planner.catalogue.gpu", "planner.dispatch", "planner.forecast.demand",
        "planner.periods",
    }  # fmt: skip
    sources = sorted(PACKAGE.glob("*.py"))
    assert len(sources) > 5
    for source in sources:
        for name in imported(source):
            if name.startswith("planner") and not name.startswith("planner.audit"):
                assert any(name == module or name.startswith(f"{module}.") for module in allowed), (source.name, name)


def test_nothing_on_the_way_down_is_forbidden():
    waiting, seen = list(PACKAGE.glob("*.py")), set()
    while waiting:
        source = waiting.pop()
        if source in seen:
            continue
        seen.add(source)
        for name in imported(source):
            assert not name.startswith(FORBIDDEN), f"{source.relative_to(ROOT)} imports {name}"
            # A package's own __init__ runs as well; `planner` itself only offers the public API and is left out.
            parts = name.split(".")
            for length in range(2, len(parts) + 1):
                below = source_of(".".join(parts[:length]))
                if parts[0] == "planner" and below is not None:
                    waiting.append(below)
    assert ROOT / "planner" / "assumptions" / "schema.py" in seen
