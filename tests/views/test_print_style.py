"""Paper is dark on white: no colour of the dark theme is left without its light twin."""

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.views.pages import page
from tests.views.test_look import CONFIG
from views.look import HUES
from views.print_style import print_style

COMPONENTS = Path(__file__).parents[2] / "views" / "components"
CSS = "\n".join(file.read_text("utf-8") for file in sorted(COMPONENTS.rglob("*.css")))
LIGHT, DARK = CONFIG["theme"]["light"], CONFIG["theme"]["dark"]


def declared(style: str) -> dict[str, str]:
    """The variables that the style sets for the live bodies."""
    return dict(re.findall(r"(--[\w-]+): ([^;]+?) !important;", style))


def test_every_colour_that_a_live_body_reads_is_the_light_themes() -> None:
    found = declared(print_style())
    read = set(re.findall(r"var\((--(?:st|paper)-[\w-]+)", CSS)) - {"--st-font"}
    assert read <= found.keys()
    assert found["--st-text-color"] == LIGHT["textColor"]
    assert found["--st-background-color"] == LIGHT["backgroundColor"]


def test_every_hue_of_an_option_is_the_light_one() -> None:
    found = declared(print_style())
    assert [found[f"--paper-{hue}"] for hue in HUES] == LIGHT["chartCategoricalColors"]
    assert all(f"--hue-{hue}: var(--paper-{hue}) !important;" in CSS for hue in HUES)


def test_every_colour_of_a_dark_chart_is_replaced_and_none_of_a_light_one() -> None:
    rules = dict(re.findall(r'\[style\*="([a-z]+: rgb\([\d, ]+\))"\] \{ [a-z]+: (\S+) !important', print_style()))
    for dark, light in zip(DARK["chartCategoricalColors"], LIGHT["chartCategoricalColors"], strict=True):
        for part in ("fill", "stroke"):
            assert rules[f"{part}: {rgb(dark)}"] == light
            assert f"{part}: {rgb(light)}" not in rules
    assert rules[f"fill: {rgb(DARK['backgroundColor'])}"] == "#ffffff"


def rgb(colour: str) -> str:
    red, green, blue = bytes.fromhex(colour[1:])
    return f"rgb({red}, {green}, {blue})"


def test_style_stands_on_the_page() -> None:
    app: AppTest = page()
    assert any("@media print" in one.value and "--paper-blue" in one.value for one in app.html)


def test_paper_has_no_button_that_only_a_screen_can_press() -> None:
    hidden = print_style().partition("display: none !important")[0]
    for control in ("stDownloadButton", "stPopover", "stButton", "stFileUploader"):
        assert f'[data-testid="{control}"]' in hidden
