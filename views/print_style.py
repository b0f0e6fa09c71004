"""Print style of every page: whole, without what only a screen needs, and dark on white whatever the theme.

A style sheet knows the theme only where Streamlit sets color-scheme, so both print alike. Plain elements take one ink;
the live bodies take the light theme's colours by its own variables; in charts each colour of the dark theme is replaced
by its light twin, which no light chart has; a table of the screen is a picture of the rows in sight, so paper has the
whole table instead (drawing.draw_on_paper). Boxes are plain blocks on paper, not flexible ones: only then does a browser
keep a heading with its chart. What is folded on the screen is unfolded on paper, where the browser can, and else paper says that it is not there; a folded tool, which holds nothing, is left out as other controls are.
"""

import streamlit as st

from views.charts.layout import INK_GREY, TURN
from views.look import HUES

_CHART_GREYS = {
    ("fill", "rgb(230, 234, 241)"): INK_GREY,
    ("fill", "rgb(250, 250, 250)"): "rgb(38, 39, 48)",
    ("stroke", "rgb(49, 51, 63)"): "rgb(230, 234, 241)",
}
"""Streamlit's own greys in a dark chart (texts, titles and grid lines) and theirs on white; charts.layout has the light's."""
_VARIABLES = {
    "text-color": "textColor",
    "background-color": "backgroundColor",
    "secondary-background-color": "secondaryBackgroundColor",
    "border-color": "borderColor",
    "primary-color": "primaryColor",
    "link-color": "linkColor",
    "gray-color": "grayColor",
    "orange-color": "orangeColor",
    "orange-text-color": "orangeTextColor",
    "green-text-color": "greenTextColor",
}
"""The variables that the live bodies read, and the light theme's keys."""
_WHOLE = """
  @page { size: landscape; margin: 11mm; }
  header, [data-testid="stDownloadButton"], [data-testid="stPopover"], [data-testid="stButton"], [data-testid="stFileUploader"],
  [data-testid="stElementContainer"]:has([data-testid="stDataFrame"]) { display: none !important; }
  [data-testid="stApp"], [data-testid="stMain"], [data-testid="stAppViewContainer"], section, html, body {
    position: static !important; height: auto !important; overflow: visible !important;
  }
  [data-testid="stMain"] { zoom: 0.8; }
  [data-testid="stMainBlockContainer"] { padding: 0 !important; max-width: none !important; }
  [data-testid="stPlotlyChart"], [data-testid="stSelectbox"], [data-testid="stButtonGroup"] { break-inside: avoid; }
  [data-testid="stExpander"]:has(> details:not([open])):not(:has([data-testid="stElementContainer"])) { display: none; }
  [data-testid="stExpander"] summary { break-after: avoid; }
  [data-testid="stExpander"] summary [data-testid="stIconMaterial"] { display: none; }
  [data-testid="stExpander"] details { height: auto !important; overflow: visible !important; }
  [data-testid="stExpander"] details::details-content { content-visibility: visible; block-size: auto; }
  @supports not selector(::details-content) {
    [data-testid="stExpander"] details:not([open]) > summary::after { content: "Folded away: not on this sheet"; }
  }
  [data-testid="stVerticalBlock"] { display: block !important; }
  [data-testid="stVerticalBlock"] > :not(:last-child) { margin-bottom: 1rem; }
  h1, h2, h3, [data-testid="stElementContainer"]:has(h2, h3),
  [data-testid="stVerticalBlock"] > :has(+ * [data-testid="stPlotlyChart"]):not(:has([data-testid="stPlotlyChart"])):has(
    [data-testid="stCaptionContainer"], [data-testid="stSelectbox"], [data-testid="stButtonGroup"]) { break-after: avoid; }
"""


def print_style() -> str:
    """The rules for paper, to stand in a <style>."""
    ink, paper, rule = (_theme("light", key) for key in ("textColor", "backgroundColor", "borderColor"))
    return f"""@media print {{{_WHOLE}
  html, body, [data-testid="stApp"] {{ background: {paper} !important; }}
  [data-testid="stApp"] *, [data-testid="stApp"] *::before, [data-testid="stApp"] *::after,
  [data-testid="stApp"] *::placeholder {{
    color: {ink} !important; background-color: transparent !important; border-color: {rule} !important;
  }}
  [aria-checked="true"], [aria-selected="true"] {{ font-weight: 700 !important; text-decoration: underline; }}
  [data-testid="stBidiComponentIsolated"] {{ color-scheme: light; {_live_colours()} }}
  {_chart_colours()}}}
"""


def _theme(mode: str, key: str) -> str:
    return str(st.get_option(f"theme.{mode}.{key}"))


def _hues(mode: str) -> list[str]:
    return list(st.get_option(f"theme.{mode}.chartCategoricalColors") or ())


def _live_colours() -> str:
    own = {f"--st-{name}": _theme("light", key) for name, key in _VARIABLES.items()}
    hues = {f"--paper-{hue}": colour for hue, colour in zip(HUES, _hues("light"), strict=False)}
    return " ".join(f"{name}: {colour} !important;" for name, colour in (own | hues | {"--st-red-color": TURN}).items())


def _chart_colours() -> str:
    """A rule for each colour of a dark chart; a map is a picture, which no rule reaches, so its legend keeps its hues."""
    greys = _CHART_GREYS | _of_parts([_theme("dark", "backgroundColor")], ["#ffffff"])
    return "\n  ".join(
        f'{chart} .main-svg [style*="{part}: {dark}"] {{ {part}: {light} !important; }}'
        for chart, twins in (
            (".svg-container", greys),
            (".svg-container:not(:has(.heatmaplayer image))", _of_parts(_hues("dark"), _hues("light"))),
        )
        for (part, dark), light in twins.items()
    )


def _of_parts(dark: list[str], light: list[str]) -> dict[tuple[str, str], str]:
    pairs = zip(dark, light, strict=False)
    return {(part, _rgb(old)): new for old, new in pairs for part in ("fill", "stroke")}


def _rgb(colour: str) -> str:
    """#14181d as a browser writes it into a style: rgb(20, 24, 29)."""
    return f"rgb({', '.join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5))})"
