"""HTML from parts: text is always escaped, and only what a tag made is taken as it stands."""

import html
import json
from typing import Any

_EMPTY = ("meta", "br", "line", "rect", "circle", "path", "polyline", "img", "input")


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | int | float | bool | None) -> Markup:
    """Return an element.

    Args:
        name: Of the element.
        children: Escaped, unless they are `Markup`.
        attributes: An underscore becomes a hyphen and one at the end is dropped (`class_`, `aria_label`); True gives an
            attribute without value, None and False give none.
    """
    written = ""
    for key, value in attributes.items():
        if value is True:
            written += f" {_attribute(key)}"
        elif value is not None and value is not False:
            shown = f"{value:.6g}" if isinstance(value, float) else str(value)
            written += f' {_attribute(key)}="{html.escape(shown)}"'
    if name in _EMPTY and not children:
        return Markup(f"<{name}{written}>" if name in ("meta", "br", "img", "input") else f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def _attribute(key: str) -> str:
    return key if key in ("viewBox", "preserveAspectRatio") else key.rstrip("_").replace("_", "-")


def join(*parts: str) -> Markup:
    """Return parts as one; those that are no `Markup` are escaped."""
    return Markup("".join(part if isinstance(part, Markup) else html.escape(part) for part in parts))


def data(name: str, value: Any) -> Markup:
    """Return a JSON value for the page's script to find by its name; no text in it can end the element."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    safe = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return Markup(f'<script type="application/json" id="{html.escape(name)}">{safe}</script>')
