"""Small table as HTML: it prints whole, a screen reader walks it, and the keyboard scrolls it where it is too wide."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, cast

from views.number_columns import DASHES, number_columns

TABLE_STYLE = """
@keyframes small-table-fade { from { mask-size: 100% 100%; } }
.small-table {
  overflow-x: auto; font-size: 14px; line-height: 1.5;
  mask: linear-gradient(90deg, #000 calc(100% - 48px), transparent) 0 0 / calc(100% + 48px) 100% no-repeat;
  animation: small-table-fade linear; animation-timeline: scroll(self inline);
}
.small-table:focus-visible { outline: 2px solid currentcolor; outline-offset: -2px; }
.small-table table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
.small-table :is(th, td) {
  padding: 4px 6px; text-align: left; vertical-align: middle; font-weight: inherit; overflow-wrap: break-word;
  border: 0 solid color-mix(in srgb, currentcolor 14%, transparent); border-bottom-width: 1px;
}
.small-table thead th { color: color-mix(in srgb, currentcolor 72%, transparent); }
.small-table :is(th, td) > span { display: block; max-width: 40ch; overflow-wrap: break-word; }
.small-table .number { text-align: right; }
.small-table td.number { white-space: nowrap; }
.small-table .number > span { margin-left: auto; }
@media print { .small-table { overflow: visible; mask: none; } .small-table tr { break-inside: avoid; } }
"""
"""The same on every page; the colours are the theme's. Where a table is wider than its place, its edge fades until it is
scrolled to its end; a browser without animations by scrolling shows no fade."""
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:GB|s)\b)")


def small_table(rows: Sequence[Mapping[str, Any]], *, alt: str) -> str:
    """Rows with the same keys, which are the columns; the first cell of a row names it. Numbers stand at the right."""
    names, numbers = list(rows[0]) if rows else [], number_columns(rows)
    style = {name: ' class="number"' if name in numbers else "" for name in names}
    head = "".join(f'<th scope="col"{style[name]}>{_cell(name)}</th>' for name in names)
    body = "".join(f"<tr>{_row(row, style)}</tr>" for row in rows)
    label = escape(alt, quote=True)
    return (
        f'<div class="small-table" role="region" tabindex="0" aria-label="{label}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(row: Mapping[str, Any], style: Mapping[str, str]) -> str:
    return "".join(
        f'<th scope="row">{_cell(row[name])}</th>' if place == 0 else f"<td{style[name]}>{_cell(row[name])}</td>"
        for place, name in enumerate(style)
    )


def _cell(value: Any) -> str:
    """A cell as text; what is not there is a dash, and no line ends between a number and its unit."""
    said = ", ".join(map(str, cast(list[object], value))) if isinstance(value, list) else str(value)
    text = "–" if said in DASHES else _BEFORE_UNIT.sub("\N{NO-BREAK SPACE}", said)
    return f"<span>{escape(text)}</span>"
