"""docs/ as a site: every link leads somewhere, and nothing comes from elsewhere."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
LOADED = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "use": "href",
}
"""Elements that fetch what they name."""


@dataclass
class Page(HTMLParser):
    """What a page links to, fetches, and can be linked to."""

    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value is not None}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in LOADED and LOADED[tag] in given and given.get("rel") not in ("next", "prev", "canonical"):
            self.fetched.append(given[LOADED[tag]])


def read(file: Path) -> Page:
    page = Page()
    page.feed(file.read_text(encoding="utf-8"))
    return page


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    found = {file: read(file) for file in sorted(site.rglob("*.html")) if file.name != "404.html"}
    assert len(found) > 15
    return found


def dead_links(pages: dict[Path, Page]) -> list[str]:
    """Links and pictures inside the site whose file or anchor is not there."""
    dead = []
    for file, page in pages.items():
        for target in [*page.links, *page.fetched]:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            wanted = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            anchored = not parts.fragment or wanted not in pages or parts.fragment in pages[wanted].anchors
            if not wanted.exists() or not anchored:
                dead.append(f"{file.name}: {target}")
    return dead


def from_elsewhere(pages: dict[Path, Page]) -> list[str]:
    """What pages fetch from other hosts."""
    return [target for page in pages.values() for target in page.fetched if urlsplit(target).netloc]


def test_every_link_and_picture_leads_somewhere(pages: dict[Path, Page]) -> None:
    assert sum(len(page.links) for page in pages.values()) > 100
    assert dead_links(pages) == []


def test_nothing_is_fetched_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    assert all(page.fetched for page in pages.values())
    assert from_elsewhere(pages) == []
    sheets = sorted(site.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        assert re.findall(r"(?:url\(|@import\s+)[\"']?(?:https?:)?//[^)\"']*", sheet.read_text(encoding="utf-8")) == []


def test_every_page_is_in_the_navigation_and_once() -> None:
    def listed(entry: object) -> list[str]:
        if isinstance(entry, str):
            return [entry]
        parts = entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else []
        return [name for part in parts for name in listed(part)]

    settings = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))
    there = [str(file.relative_to(ROOT / "docs")) for file in sorted((ROOT / "docs").rglob("*.md"))]
    assert sorted(listed(settings["project"]["nav"])) == there


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_text(
        '<p id="here"><a href="b.html">b</a> <a href="#there">c</a> <a href="#here">d</a> <img src="https://x.org/y.png"></p>'
    )
    pages = {file: read(file)}
    assert dead_links(pages) == ["a.html: b.html", "a.html: #there"]
    assert from_elsewhere(pages) == ["https://x.org/y.png"]
