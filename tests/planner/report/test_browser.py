"""The page in a real Chromium: from disk, without a network. Needs Debian's `chromium` (make setup-all)."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from made_plans import hostile_names, made_plan

from planner.report.source import PlanDocument, document_of
from planner.report.write import report_files, write_files

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (apt-get install chromium)"),
    pytest.mark.filterwarnings("default"),
]
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
TODAY = date(2026, 11, 24)


@dataclass
class Seen:
    """What a page said and asked for while it was open."""

    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def sizes() -> dict[str, dict[str, Any]]:
    return {
        "small": made_plan(periods=1, supplies=1, workloads=1),
        "usual": made_plan(periods=36, supplies=8, workloads=3),
        "large": made_plan(periods=240, supplies=40, workloads=16),
        "hostile": made_plan(periods=12, supplies=8, workloads=3, name=hostile_names(), more=True),
    }


@pytest.fixture(scope="module")
def pages(
    tmp_path_factory: pytest.TempPathFactory, document: PlanDocument, document_with_all: PlanDocument
) -> dict[str, Path]:
    """A page of each kind, and of plans that were really planned."""
    documents = {name: document_of(json.loads(json.dumps(content)), "plan.json") for name, content in sizes().items()}
    written = {}
    for name, made in {**documents, "planned": document, "everything": document_with_all}.items():
        folder = tmp_path_factory.mktemp(name)
        write_files(folder, {key: file for key, file in report_files(made, TODAY).items() if key == "report.html"})
        written[name] = folder / "report.html"
    return written


KINDS = ("small", "usual", "large", "hostile", "planned", "everything")


def opened(browser: Any, page: Path, **context: Any) -> tuple[Any, Seen]:
    """The page, drawn, with what it said."""
    tab = browser.new_context(offline=True, **context).new_page()
    seen = Seen()
    tab.on("console", lambda message: seen.messages.append(f"{message.type}: {message.text}"))
    tab.on("pageerror", lambda error: seen.messages.append(f"error: {error}"))
    tab.on("request", lambda request: seen.requests.append(request.url))
    tab.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
    tab.goto(page.as_uri())
    tab.wait_for_selector("html[data-drawn]", timeout=60_000)
    return tab, seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_it_opens_offline_and_draws_every_picture(kind: str, scheme: str, browser: Any, pages: dict[str, Path]) -> None:
    tab, seen = opened(browser, pages[kind], color_scheme=scheme)
    assert seen.messages == []
    assert seen.dialogs == []
    assert [url for url in seen.requests if not url.startswith("data:image/svg+xml")] == [pages[kind].as_uri()]
    figures = tab.locator("figure.picture").count()
    assert figures >= 4
    assert tab.locator("figure.drawn .live svg").count() == figures
    drawn = "Array.from(document.images).every(i => i.complete && i.naturalWidth > 0)"
    assert tab.evaluate(drawn)
    assert tab.evaluate("document.documentElement.dataset.drawn") == scheme
    tab.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["small", "usual", "hostile"])
def test_axe_finds_nothing_serious(kind: str, scheme: str, browser: Any, pages: dict[str, Path]) -> None:
    axe = pytest.importorskip("axe_playwright_python")
    script = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    tab, _ = opened(browser, pages[kind], color_scheme=scheme, bypass_csp=True)
    tab.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    tab.evaluate(script)
    found = tab.evaluate("axe.run().then(result => result.violations)")
    told = [f"{v['impact']} {v['id']}: {v['nodes'][0]['html'][:200]}" for v in found]
    assert [text for text in told if text.startswith(("serious", "critical"))] == []
    tab.context.close()


def test_a_script_that_is_not_the_pages_does_not_run(browser: Any, pages: dict[str, Path], tmp_path: Path) -> None:
    """The security policy holds: a script put into the file does nothing."""
    text = pages["small"].read_text(encoding="utf-8").replace("<main", "<script>window.broken = 1</script><main", 1)
    changed = tmp_path / "changed.html"
    changed.write_text(text, encoding="utf-8")
    tab, seen = opened(browser, changed)
    assert tab.evaluate("window.broken") is None
    assert any("Content Security Policy" in message for message in seen.messages)
    tab.context.close()


def test_it_is_whole_without_scripts(browser: Any, pages: dict[str, Path]) -> None:
    tab = browser.new_context(offline=True, java_script_enabled=False).new_page()
    tab.goto(pages["usual"].as_uri())
    assert tab.locator("figure.picture img").first.is_visible()
    assert not tab.locator("button.copy").first.is_visible()
    tab.context.close()


def test_tables_copy_as_csv_by_keyboard(browser: Any, pages: dict[str, Path]) -> None:
    tab, _ = opened(browser, pages["hostile"], permissions=["clipboard-read", "clipboard-write"])
    tab.bring_to_front()  # only a document in front may read the clipboard, and another process may have a window
    tab.focus("button.copy[data-table='t-options']")
    tab.keyboard.press("Enter")
    tab.wait_for_function("document.getElementById('said').textContent.startsWith('Copied')")
    text = tab.evaluate("navigator.clipboard.readText()")
    lines = text.splitlines()
    assert lines[0].startswith("Option,Kind,Chosen")
    assert len(lines) == 1 + 8 + 2
    assert not any(line.startswith(("=", "+", "-", "@")) for line in lines)
    tab.context.close()


def test_no_page_scrolls_sideways_on_a_telephone(browser: Any, pages: dict[str, Path]) -> None:
    for kind in ("usual", "hostile"):
        tab, _ = opened(browser, pages[kind], viewport={"width": 390, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
        tab.context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_it_prints_to_pages_that_hold_everything(
    kind: str, browser: Any, pages: dict[str, Path], tmp_path: Path
) -> None:
    tab, _ = opened(browser, pages[kind], color_scheme="dark")
    tab.pdf(path=str(tmp_path / "page.pdf"), format="A4", print_background=True)
    tab.context.close()
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (apt-get install poppler-utils)")
    printed = subprocess.run(["pdftotext", "-raw", str(tmp_path / "page.pdf"), "-"], capture_output=True, check=True)
    text = printed.stdout.decode("utf-8")
    for heading in ("Recommendation", "What to do now", "Costs", "What it assumes", "How sure it is", "Warnings"):
        assert heading in text
    unbroken = "".join(text.split())  # cells may break their words
    assert "finance.discount_rate" in unbroken, "closed parts are printed too"
    assert "Copy “" not in text
