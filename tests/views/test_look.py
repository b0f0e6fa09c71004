"""Look of figures: one mark per option and cost line, visible in both modes."""

import math
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.contrast import contrast
from tests.views.comparison_case import comparison
from views import look
from views.charts.layout import LESS, MORE, QUIET

ROOT = Path(__file__).parents[2]
CONFIG: dict[str, Any] = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text("utf-8"))
MODES = ("light", "dark")


def test_contrast_of_black_and_white_is_21() -> None:
    assert math.isclose(contrast("#000000", "#ffffff"), 21.0)


@pytest.mark.parametrize("mode", MODES)
def test_chart_colours_of_options_are_the_hues_of_the_cards(mode: str) -> None:
    theme = CONFIG["theme"][mode]
    named = [theme[f"{hue}TextColor"] for hue in look.HUES if f"{hue}TextColor" in theme]
    assert len(named) == 6
    assert theme["chartCategoricalColors"][:6] == named
    assert len(theme["chartCategoricalColors"]) == len(look.HUES) == 10  # Streamlit replaces #000001 .. #000010


def test_colour_codes_are_those_that_streamlit_replaces() -> None:
    from streamlit.elements.lib import streamlit_plotly_theme as theirs

    assert list(look.HUES.values()) == [getattr(theirs, f"CATEGORY_{n}") for n in range(len(look.HUES))]


@pytest.mark.parametrize("mode", MODES)
def test_options_and_lines_stand_out_from_the_background(mode: str) -> None:
    background = CONFIG["theme"][mode]["backgroundColor"]
    for colour in CONFIG["theme"][mode]["chartCategoricalColors"]:
        assert contrast(colour, background) >= 4.5, colour
    script = (ROOT / "views/components/decide/charts.js").read_text("utf-8")
    groups = re.findall(r'"(#[0-9a-f]{6})"', script.partition("const GROUP_COLOURS = [")[2].partition("]")[0])
    assert len(groups) == 5
    for colour in (*groups, LESS, MORE, QUIET):
        assert contrast(colour, background) >= 3.0, colour


def test_style_of_an_option_depends_on_nothing_but_its_id() -> None:
    five = [one.id for one in comparison().options]
    styles = [look.style_of(one) for one in five]
    assert len(set(styles)) == len(five)
    assert [look.style_of(one) for one in reversed(five)] == styles[::-1]
    assert look.style_of("a-machine-added-tomorrow") == look.style_of("a-machine-added-tomorrow")


@pytest.mark.parametrize(
    ("amount", "text"), [(12345.4, "$12,345"), (-1200.0, "-$1,200"), (9.994, "$9.99"), (0.0, "$0"), (float("nan"), "-")]
)
def test_usd_is_written_as_people_write_it(amount: float, text: str) -> None:
    assert look.usd(amount) == text


@pytest.mark.parametrize(
    "text",
    [
        "![](https://example.com/x.png)",
        "$5 and $6",
        "[a](javascript:alert(1))",
        ":material/home: `x`",
        "<b>x</b>",
        "*a* _b_ ~c~",
    ],
)
def test_markdown_text_shows_what_was_written(text: str) -> None:
    import re

    shown = look.markdown_text(text)
    assert re.sub(r"\\(.)", r"\1", shown) == text
    assert not re.search(r"(?<!\\)[\[\]$`<*_~:]", shown)
