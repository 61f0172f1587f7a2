"""The report as one HTML page: self-contained, without a network, with nothing but data from the plan in it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from planner.report import draw
from planner.report.content import Content
from planner.terminal.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment


@dataclass(frozen=True)
class Picture:
    """A picture on the page."""

    content: dict[str, Any]
    """Its Vega-Lite specification, for the interactive version."""
    image: str
    """The still version, as a data URI."""
    title: str
    words: str
    """What is seen, for those who do not see it."""


def html_page(content: Content, specifications: Mapping[str, dict[str, Any]], images: Mapping[str, str]) -> str:
    """The page of a report. specifications: Vega-Lite by name of the picture (`planner.report.draw.specification`);
    images: the same pictures as SVG.

    Every text is escaped by the template. The one script is named by its hash in the page's security policy, so that
    no other can run.
    """
    from markupsafe import Markup

    script = draw.javascript(_template("page.js")).replace("</script", "<\\/script").replace("<!--", "<\\!--")
    return (
        environment()
        .get_template("page.html.jinja")
        .render(
            content=content,
            pictures={name: _picture(specification, images[name]) for name, specification in specifications.items()},
            themes={theme.value: draw.config(theme) for theme in draw.Theme},
            style=Markup(_template("page.css")),
            script=Markup(script),
            script_hash=_hash(script),
        )
    )


def environment() -> Environment:
    """Templates of the reports: every text is escaped, a name that a template misspells is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("planner.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    made.filters["shown"] = clean
    return made


def _template(name: str) -> str:
    return files("planner.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


def _picture(specification: dict[str, Any], svg: str) -> Picture:
    image = base64.b64encode(svg.encode("utf-8")).decode("ascii")
    title = specification["title"]
    words = ". ".join([str(title["text"]), *(str(line).rstrip(".") for line in title["subtitle"])])
    return Picture(
        content=specification,
        image=f"data:image/svg+xml;base64,{image}",
        title=str(title["text"]),
        words=f"{words}. The figures are in the tables.",
    )
