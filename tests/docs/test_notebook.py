"""docs/notebook.ipynb runs, and shows what it says."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the last line of each cell shows, by the cell's id and the kind of content."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells), "clear the outputs before committing it"
    folder = tmp_path_factory.mktemp("notebook")
    with tempfile.TemporaryDirectory() as sockets:  # files, and a short path to them: nobody else can listen
        kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{sockets}/kernel")
        NotebookClient(notebook, km=kernel, timeout=120).execute(cleanup_kc=True, cwd=str(folder))
    assert list(folder.iterdir()) == []
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(output.output_type == "execute_result" for cell in cells for output in cell.outputs), "nothing on stderr"
    return {cell.id: cell.outputs[0].data for cell in cells}


def test_a_plan_shows_itself(shown: dict[str, dict[str, Any]]) -> None:
    html = shown["plan"]["text/html"]
    assert "chat and training" in html
    assert "What to do now" in html
    assert "<script" not in html
    assert shown["plan"]["text/plain"].startswith("<Plan chat-and-training-")


def test_summaries_are_frames(shown: dict[str, dict[str, Any]]) -> None:
    for cell in ("decisions", "years", "workloads", "what-if", "break-even"):
        assert "<table" in shown[cell]["text/html"]
    assert all(word in shown["years"]["text/html"] for word in ("2027", "2028", "servers", "on_demand"))
    assert "(idle capacity)" in shown["workloads"]["text/html"]


def test_charts_are_pictures(shown: dict[str, dict[str, Any]]) -> None:
    for cell in ("capacity", "payback"):
        assert len(shown[cell]["image/png"]) > 10_000
