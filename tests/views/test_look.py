"""Look of figures: one mark per option and cost line, visible in both modes."""

import math
import tomllib
from pathlib import Path
from typing import Any

import pytest

from calculator.physics.speed.speed import Speed
from tests.views.comparison_case import comparison, memory, option
from views import look

CONFIG: dict[str, Any] = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text("utf-8"))
MODES = ("light", "dark")


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two #rrggbb colours, by its definition."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


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
    for line in (
        "hardware",
        "sales tax",
        "setup",
        "administration",
        "energy",
        "cooling",
        "repair",
        "resale",
        "rental",
        "API tokens",
        "overflow to API",
        "never seen",
    ):
        assert contrast(look.line_colour(line), background) >= 3.0, line


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
    ("low", "high", "text"),
    [(9.04, 16.6, "9.0 to 16.6"), (16.04, 29.7, "16 to 30"), (0.412, 3.65, "0.41 to 3.65"), (5, 5, "5.0")],
)
def test_speed_range_keeps_two_or_three_digits(low: float, high: float, text: str) -> None:
    assert look.speed_range(Speed(low, (low + high) / 2, high, unit="s", bound_by="compute", basis="fitted")) == text


def test_speed_that_is_unknown_is_a_dash() -> None:
    assert look.speed_range(None) == "-"


def test_fit_sentence_says_by_how_much() -> None:
    # 39.7 + 2.8 + 0.9 + 0.6 = 44.0 GB needed
    assert look.fit_sentence(option("a", "A", fit=memory(usable_gb=31.7), cost=None)) == "does not fit by 12.3 GB"
    assert look.fit_sentence(option("a", "A", fit=memory(usable_gb=56.3), cost=None)) == "fits, 12.3 GB to spare"


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
