"""Charts as SVG made on the server. They carry no style of their own: the stylesheet colours them, light and dark."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element, tostring

from markupsafe import Markup

_DROPPED = frozenset(("style", "script", "defs"))
_SPACES = re.compile(r"\{[^}]*\}")

COLOURS = 8
"""Series that have a colour of their own; the last colour is the grey of the rest."""

Point = float | dict[str, Any]
"""A value, or `{"value": 3, "link": "/app/leads?stage=New", "label": "3 leads"}`."""


def stacked_bars(
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[Point]]],
    *,
    title: str,
    height: int = 240,
    width: int = 760,
) -> Markup:
    """Bars over labels, one colour per series, stacked. `title` is what a screen reader says.

    `labels` may hold empty texts, for those that are not to be written. Colours: classes `color-0` to `color-7`.
    """
    pygal = _pygal()
    chart = pygal.StackedBar(
        width=width,
        height=height,
        show_legend=False,
        js=[],
        margin=4,
        spacing=4,
        disable_xml_declaration=True,
        truncate_label=-1,
        order_min=0,
        min_scale=2,
        max_scale=5,
        value_formatter=lambda value: f"{value:g}",
        style=pygal.style.Style(font_family="inherit", label_font_size=12, major_label_font_size=12),
    )
    chart.x_labels = list(labels)
    for name, points in series:
        chart.add(name, [_point(name, point) for point in points])
    return _bare(chart.render_tree(), title, width, height)


@cache
def _pygal() -> Any:
    """The library, loaded with the first chart; without the hook that it hangs into every later import."""
    import pygal  # noqa: PLC0415

    # Only its own: a library that it loads has replaced the finder of package metadata by one of its own there.
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if type(finder).__module__.partition(".")[0] != "pygal"
    ]
    return pygal


def _point(name: str, point: Point) -> Any:
    if not isinstance(point, dict):
        return {"value": point, "label": name}
    made = {"value": point["value"], "label": point.get("label", name)}
    return made | {"xlink": {"href": point["link"], "target": "_self"}} if point.get("link") else made


def _bare(svg: Element, title: str, width: int, height: int) -> Markup:
    """The drawing without scripts, styles and tool tips for scripts; names of elements without their spaces."""
    _strip(svg)
    svg.attrib = {
        "viewBox": f"0 0 {width} {height}",
        "class": "chart-svg",
        # What is a picture has nothing in it to go to: of bars that lead somewhere a reader is told one by one.
        "role": "group" if svg.find(".//{*}a") is not None else "img",
        "aria-label": title,
        "xmlns": "http://www.w3.org/2000/svg",
    }
    return Markup(tostring(svg, encoding="unicode"))  # noqa: S704  pygal escapes what it draws


def _strip(element: Element) -> None:
    for child in list(element):
        tag: Any = child.tag
        if not isinstance(tag, str):  # a comment
            element.remove(child)
            continue
        name = _SPACES.sub("", tag)
        classes = child.get("class", "").split()
        if name in _DROPPED or "tooltip" in classes or name == "title":
            element.remove(child)
            continue
        if name == "desc" and classes != ["label"]:
            element.remove(child)
            continue
        if name == "desc":
            # What a pointer is told: SVG's own title instead of a script's tool tip.
            child.tag = "title"
            child.attrib.clear()
            continue
        _strip(child)
    _rename(element)


def _rename(element: Element) -> None:
    element.tag = _SPACES.sub("", str(element.tag))
    kept = {}
    for name, value in element.attrib.items():
        plain = _SPACES.sub("", str(name))
        if plain == "style" or plain.startswith("on"):
            continue
        kept[plain] = value
    element.attrib.clear()
    element.attrib.update(kept)
