"""Charts of the memo: round axes, dots where the amounts are, escaped names, nothing for nothing."""

import itertools
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.report.charts_svg import CostBar, Course, amount_words, cost_chart, nice_ticks, spend_chart, xml_text
from tests.contrast import contrast

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 100, [0, 50, 100]), (0, 41_000, [0, 20_000, 40_000, 60_000]), (-30, 100, [-50, 0, 50, 100])],
)
def test_ticks_by_hand(low: float, high: float, ticks: list[float]) -> None:
    assert nice_ticks(low, high) == ticks


@given(st.floats(-1e9, 0), st.floats(1e-3, 1e9))
def test_ticks_hold_both_ends_and_are_few(low: float, high: float) -> None:
    ticks = nice_ticks(low, high)
    slack = 1e-6 * (high - low)
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack
    assert 2 <= len(ticks) <= 8


@pytest.mark.parametrize("most", [0.0, 1e-300, 1e-12, 1.0])
def test_amounts_near_nothing_still_have_an_axis(most: float) -> None:
    assert len(nice_ticks(0.0, most)) >= 2
    assert nice_ticks(most, most)[0] < nice_ticks(most, most)[-1]
    bars = [CostBar("A", most, 0.0, most, "A"), CostBar("B", 0.0, None, None, "B")]
    ET.fromstring(cost_chart(bars))
    ET.fromstring(spend_chart([Course("A", (0.0, most)), Course("B", (0.0, 0.0))]))


@pytest.mark.parametrize(("value", "words"), [(0, "$0"), (500, "$500"), (12_000, "$12k"), (-1.5e6, "-$1.5M")])
def test_amounts_on_the_axis(value: float, words: str) -> None:
    assert amount_words(value) == words


def test_dot_lies_at_its_amount_on_the_axis() -> None:
    bars = [CostBar("A & B", 25.0, 10.0, 100.0, "$25"), CostBar("C", 50.0, None, None, "$50")]
    drawn = ET.fromstring(cost_chart(bars))
    dots = [float(circle.get("cx", "0")) for circle in drawn.iter(f"{SVG}circle")]
    edge, width = 8, 430 - 16
    assert dots == pytest.approx([edge + width * 0.25, edge + width * 0.5])
    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    assert {"A & B", "C", "$25", "$0", "$100"} <= set(texts)


def test_line_ends_where_the_money_is_and_names_do_not_overlap() -> None:
    courses = [Course(f"Option {number}", (0.0, 5.0, 10.0 + number / 100)) for number in range(4)]
    drawn = ET.fromstring(spend_chart(courses))
    lines = [line.get("points", "").split() for line in drawn.iter(f"{SVG}polyline")]
    assert all(len(points) == 3 for points in lines)
    places = sorted(
        float(text.get("y", "0")) for text in drawn.iter(f"{SVG}text") if re.match("Option", text.text or "")
    )
    assert len(places) == 4
    assert all(after - before >= 26 for before, after in itertools.pairwise(places))


def test_band_lies_between_its_edges_at_every_month() -> None:
    plain, banded = Course("A", (0.0, 5.0, 10.0)), Course("B", (0.0, 4.0, 8.0), (0.0, 3.0, 6.0), (0.0, 8.0, 20.0))
    drawn = ET.fromstring(spend_chart([plain, banded]))
    (band,) = [polygon.get("points", "").split() for polygon in drawn.iter(f"{SVG}polygon")]
    line = [points.get("points", "").split() for points in drawn.iter(f"{SVG}polyline")][1]
    heights = [float(point.partition(",")[2]) for point in band]
    middle = [float(point.partition(",")[2]) for point in line]
    low, high = heights[:3], heights[:2:-1]
    assert all(high[at] <= middle[at] <= low[at] for at in range(3))
    assert high[2] == min(heights)


def test_nothing_is_drawn_for_nothing() -> None:
    assert cost_chart([]) == spend_chart([]) == ""


def test_income_is_drawn_below_zero() -> None:
    drawn = ET.fromstring(cost_chart([CostBar("A", -20.0, -50.0, 40.0, "-$20")]))
    assert "-$50" in {text.text for text in drawn.iter(f"{SVG}text")}


@pytest.mark.parametrize("letter", ["\x00", "\x07", "\x0b", "\ufffe", "\ud800"])
def test_letters_that_no_xml_can_hold_become_spaces(letter: str) -> None:
    text = xml_text(f"a{letter}b & c")
    assert text == "a b &amp; c"
    ET.fromstring(f"<t>{text}</t>")


def test_a_line_that_lies_on_another_is_dashed_so_that_both_are_seen() -> None:
    courses = [Course("A", (0.0, 5.0)), Course("B", (0.0, 5.0)), Course("C", (0.0, 6.0))]
    lines = re.findall("<polyline[^>]*>", spend_chart(courses))
    assert ["stroke-dasharray" in line for line in lines] == [False, True, False]


def test_of_lines_that_are_one_each_covers_half_as_much_as_the_one_before() -> None:
    lines = re.findall("<polyline[^>]*>", spend_chart([Course(name, (0.0, 5.0)) for name in "ABCD"]))
    dashes = [re.findall('stroke-dasharray="([^"]*)"', line) for line in lines]
    assert dashes == [[], ["6 6"], ["6 18"], ["6 42"]]


def test_a_line_hides_another_where_most_months_look_the_same_as_on_the_page() -> None:
    courses = [
        Course("A", (0.0, 500.0, 1000.0)),
        Course("B", (0.1, 500.2, 1000.3)),
        Course("C", (0.0, 500.0, 700.0)),
        Course("D", (0.0, 400.0, 800.0)),
    ]
    lines = re.findall("<polyline[^>]*>", spend_chart(courses))
    assert ["stroke-dasharray" in line for line in lines] == [False, True, True, False]


def test_every_text_stands_out_from_paper() -> None:
    courses = [Course(name, (0.0, float(place))) for place, name in enumerate("ABCDE")]
    bars = [CostBar("A", 5.0, 1.0, 9.0, "$5"), CostBar("B", 6.0, None, None, "$6")]
    colours = set(re.findall('<text[^>]* fill="(#[0-9a-f]{6})"', spend_chart(courses) + cost_chart(bars)))
    assert len(colours) >= 5
    assert {colour: contrast(colour, "#ffffff") for colour in colours if contrast(colour, "#ffffff") < 4.5} == {}
