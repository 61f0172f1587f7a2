"""Charts as SVG and PNG, and the scripts that make them interactive without a network."""

from __future__ import annotations

import json
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt

VEGA_LITE = "6.4"
"""The version that altair 6 writes and that is bundled."""
FONT = "system-ui, 'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif"


class Theme(StrEnum):
    """What a picture stands on."""

    LIGHT = "light"
    DARK = "dark"


def config(theme: Theme) -> dict[str, Any]:
    """Vega-Lite configuration: colours of text and lines for the theme, one font, no frame."""
    ink, faint = ("#1b1f24", "#d5d9de") if theme is Theme.LIGHT else ("#e8eaed", "#3c434b")
    background = "#ffffff" if theme is Theme.LIGHT else "#16191d"
    return {
        "background": background,
        "font": FONT,
        "title": {"color": ink, "subtitleColor": ink, "fontSize": 15, "subtitleFontSize": 12, "offset": 12},
        "axis": {"labelColor": ink, "titleColor": ink, "gridColor": faint, "domainColor": ink, "tickColor": ink},
        "header": {"labelColor": ink, "titleColor": ink},
        "legend": {"labelColor": ink, "titleColor": ink, "symbolStrokeColor": ink},
        "view": {"stroke": None},
        "style": {"ink": {"color": ink}},
    }


def specification(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """The chart as Vega-Lite, without configuration: the theme is added where it is drawn."""
    content: dict[str, Any] = json.loads(chart.to_json(indent=None))
    content.pop("config", None)
    return content


def svg(content: dict[str, Any], theme: Theme = Theme.LIGHT) -> str:
    """The picture as SVG; no script and nothing from elsewhere is in it."""
    import vl_convert

    return vl_convert.vegalite_to_svg(content, vl_version=VEGA_LITE, config=config(theme), allowed_base_urls=[])


def png(content: dict[str, Any], theme: Theme = Theme.LIGHT, scale: float = 2.0) -> bytes:
    """The picture as PNG."""
    import vl_convert

    return vl_convert.vegalite_to_png(
        content, vl_version=VEGA_LITE, config=config(theme), scale=scale, allowed_base_urls=[]
    )


@cache
def javascript(snippet: str) -> str:
    """The snippet with Vega, Vega-Lite and vega-embed bundled into one script."""
    import vl_convert

    return vl_convert.javascript_bundle(snippet, vl_version=VEGA_LITE)
