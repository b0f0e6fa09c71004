"""Every control of Fit & speed, What if, Sources and Measurements changes something that a person sees.

The controls are those that stand on the page, so a new one is walked by itself; an inert one is named.
"""

import json
import re
from collections.abc import Callable, Collection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit, choose

pytestmark = pytest.mark.browser
Open = Callable[..., Visit]
TITLES = {"fit": "Fit & speed", "what-if": "What if", "sources": "Sources", "measurements": "Measurements"}
LAST = {
    "fit": "How large is a vector index?",
    "what-if": "Compare with buying",
    "sources": "Your inputs",
    "measurements": "Tokens in the context",
}
"""Words near each page's end."""
NEAR = {"what-if": ("mac-studio-m5-ultra-256", "dual-rtx-4090-am5", "api-same-model")}
"""Options that are close, so that many values flip the answer and the page has a button for each."""
KINDS = (
    "stSelectbox",
    "stNumberInput",
    "stSlider",
    "stCheckbox",
    "stButtonGroup",
    "stRadio",
    "stTextInput",
    "stButton",
)
VALUES = {"st-key-budget": "12000", "st-key-most-watts": "400"}
HAS_ITS_OWN_TEST = {
    "st-key-probe_start": "test_measurements",
    **dict.fromkeys(
        (*(f"st-key-filter_{of}" for of in ("trust", "model", "chip", "status")), "st-key-opened"),
        "tests/views/test_measurement_parts",
    ),
}
"""What needs a machine, or records of several machines, to change anything."""
CONFIGS = Path(__file__).parents[1] / "fixtures" / "configs"
ROOMS = "all => all.map((one) => [one.clientWidth, one.scrollWidth])"
SECONDS = 15
NEAR_THE_TOP = 5  # a long list draws only what is near what is seen, so its last option is another after a scroll

FOUND = """(kinds) => [...document.querySelectorAll("[data-testid=stMain] [data-testid]")]
    .filter((one) => kinds.includes(one.dataset.testid) && one.getClientRects().length)
    .filter((one) => !one.closest("[data-testid=stForm]"))
    .map((one) => {
        const keyed = one.closest("[class*=st-key-]");
        const key = [...(keyed?.classList ?? [])].find((name) => name.startsWith("st-key-")) ?? "";
        const label = one.querySelector("label, p, button")?.innerText ?? one.getAttribute("aria-label") ?? "";
        return [one.dataset.testid, key, label.trim()];
    })"""
SHOWN = """([kind, key]) => {
    const main = document.querySelector("[data-testid=stMain]");
    const own = key ? main.querySelector(`.${key}`) : null;
    const charts = [...main.querySelectorAll("[data-testid=stPlotlyChart]")].map((one) => one.textContent + one.ariaLabel);
    return main.textContent.replace(own?.textContent ?? "", "") + charts.join("\\n");
}"""


def opened(visit: Open, page: str, **query: object) -> Visit:
    asked = query or ({"options": NEAR[page]} if page in NEAR else {})
    seen = visit("?" + urlencode(asked, doseq=True) if asked else "")
    seen.page.get_by_role("link", name=TITLES[page]).first.click()
    seen.page.wait_for_url(f"**/{page}*")
    unfold(seen)
    settle(seen)  # a table's script is fetched when the page has come to rest
    return seen


def unfold(seen: Visit) -> None:
    """Wait for the whole page and open what is folded."""
    page = urlsplit(seen.page.url).path.strip("/")
    expect(seen.page.get_by_text(LAST[page]).first).to_be_visible()
    seen.at_rest()
    folded = seen.page.locator("[data-testid=stMain] details:not([open]) > summary")
    while folded.count():
        folded.first.click()
        seen.page.wait_for_timeout(300)
        seen.at_rest()


def unwalked(seen: Visit, walked: Collection[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """The controls that stand on the page now and were not moved yet."""
    controls: list[tuple[str, str, str]] = [tuple(one) for one in seen.page.evaluate(FOUND, list(KINDS))]
    return [one for one in controls if one not in walked and one[1] not in HAS_ITS_OWN_TEST]


def inert(seen: Visit) -> tuple[int, list[str]]:
    """How many controls were moved, and those that changed nothing. The walk ends where the page, opened anew, has no
    other; until then what a control put into the address is taken back, which costs a third of that."""
    walked: dict[tuple[str, str, str], bool] = {}
    start, changed, is_new = seen.page.url, False, True
    while True:
        if seen.page.url != start:
            goes_back(seen, start, is_seen=changed)
        new = unwalked(seen, walked)
        if not new and not is_new:
            seen.page.goto(start)
            is_new = True
        if not new:  # a page that still fills itself shows only its first controls
            unfold(seen)
            settle(seen)
            new = unwalked(seen, walked)
        if not new:
            return len(walked), [" ".join(one) for one, changed in walked.items() if not changed]
        kind, key, label = new[0]
        before = seen.page.evaluate(SHOWN, [kind, key])
        move(seen, located(seen, kind, key, label), kind, VALUES.get(key, ""))
        changed = walked[kind, key, label] = changes(seen, before, [kind, key])
        is_new = False


def goes_back(seen: Visit, address: str, *, is_seen: bool) -> None:
    """By the browser's button, which takes back what a control has put into the address; `is_seen`: and what it changed."""
    moved = seen.page.evaluate(SHOWN, ["", ""])
    seen.page.go_back()
    expect(seen.page).to_have_url(address)
    assert changes(seen, moved, ["", ""]) or not is_seen


def located(seen: Visit, kind: str, key: str, label: str) -> Locator:
    inside = seen.page.locator(f"[data-testid=stMain] .{key}" if key else "[data-testid=stMain]").first
    if key and inside.get_attribute("data-testid") == kind:
        return inside
    found = inside.get_by_test_id(kind)
    return (found if key or not label else found.filter(has_text=label)).first


def move(seen: Visit, control: Locator, kind: str, wanted: str = "") -> None:
    """Set another value, as a person would: the one wanted, where there is one."""
    control.scroll_into_view_if_needed()
    if kind == "stSelectbox":
        box = control.get_by_role("combobox")
        now = box.input_value()
        others = seen.page.get_by_role("option").filter(has_not_text=re.compile(rf"^\s*{re.escape(now.strip())}\s*$"))
        box.click()
        others.first.wait_for()
        place = min(others.count(), NEAR_THE_TOP) - 1  # the first may be the one that the page already speaks of
        box.press("Escape")
        choose(box, others.nth(place))
    elif kind == "stNumberInput":
        box = control.locator("input")
        text = box.input_value().replace(",", "")
        most = float(box.get_attribute("max") or "inf")
        value = float(text) if text else 0.0
        other = value * 2 if 0 < value * 2 <= most else value / 2 if value else 300.0
        box.fill(wanted or (f"{other:g}" if other < 1e5 else f"{other:.0f}"))
        box.press("Enter")
    elif kind == "stTextInput":
        control.locator("input").fill("something else")
        control.locator("input").press("Enter")
    elif kind == "stSlider":
        control.get_by_role("slider").first.press("PageUp")
    elif kind == "stCheckbox":
        control.locator("label").click()
    elif kind == "stRadio":
        control.locator("label:not(:has(input:checked))").first.click()
    elif kind == "stButtonGroup":
        control.locator("button[data-variant]:not([data-selected=true])").first.click()
    else:
        control.get_by_role("button").first.click()


def changes(seen: Visit, before: str, control: list[str]) -> bool:
    for _ in range(SECONDS * 10):
        if seen.page.evaluate(SHOWN, control) != before:
            settle(seen)
            return True
        seen.page.wait_for_timeout(100)
    return False


def settle(seen: Visit) -> None:
    """Wait until the page says the same twice."""
    last = ""
    while (now := seen.page.evaluate(SHOWN, ["", ""])) != last:
        last = now
        seen.page.wait_for_timeout(400)
        seen.at_rest()


@pytest.mark.parametrize(("page", "at_least"), [("fit", 12), ("what-if", 12), ("measurements", 4)])
def test_every_control_changes_its_page(visit: Open, page: str, at_least: int) -> None:
    count, found = inert(opened(visit, page))
    assert not found
    assert count >= at_least


def test_every_view_of_sources_shows_something_else_and_its_controls_change_it(visit: Open) -> None:
    seen = opened(visit, "sources")
    views = seen.page.locator(".st-key-sources-view button").all_inner_texts()
    assert len(views) >= 6
    shown: set[str] = set()
    for view in views:
        seen.page.locator(".st-key-sources-view").get_by_text(view, exact=True).click()
        seen.at_rest()
        seen.page.wait_for_timeout(300)
        shown.add(seen.page.evaluate(SHOWN, ["", ""]))
        controls = [tuple(one) for one in seen.page.evaluate(FOUND, list(KINDS))]
        for kind, key, label in controls:
            if key == "st-key-sources-view":
                continue
            before = seen.page.evaluate(SHOWN, [kind, key])
            move(seen, located(seen, kind, key, label), kind)
            assert changes(seen, before, [kind, key]), (view, kind, key, label)
    assert len(shown) == len(views)


def test_a_lease_is_judged_once_it_has_a_rate(visit: Open) -> None:
    seen = opened(visit, "what-if")
    seen.page.get_by_role("button", name="Compare with buying").click()
    expect(seen.page.get_by_text("Enter the monthly rate")).to_be_visible()
    seen.page.get_by_role("spinbutton", name="Rate ($ a month)").fill("450")
    seen.page.get_by_role("button", name="Compare with buying").click()
    seen.page.wait_for_url(re.compile("leases="))
    expect(seen.page.get_by_text("at $450 a month:")).to_be_visible()
    seen.page.get_by_role("button", name="Remove the lease").click()
    seen.page.wait_for_url(lambda url: "leases=" not in url)


def test_an_inert_control_is_seen(visit: Open) -> None:
    seen = opened(visit, "measurements")
    seen.page.evaluate(
        """() => document.querySelector("[data-testid=stMain] [data-testid=stNumberInput]").parentElement
        .insertAdjacentHTML("afterend",
            `<div data-testid="stCheckbox" class="st-key-dead"><label>Dead<input type="checkbox"></label></div>`)"""
    )
    before = seen.page.evaluate(SHOWN, ["stCheckbox", "st-key-dead"])
    assert ["stCheckbox", "st-key-dead", "Dead"] in seen.page.evaluate(FOUND, list(KINDS))
    move(seen, located(seen, "stCheckbox", "st-key-dead", "Dead"), "stCheckbox")
    assert seen.page.evaluate(SHOWN, ["stCheckbox", "st-key-dead"]) == before


def test_a_row_of_the_fit_matrix_becomes_the_model(visit: Open) -> None:
    seen = opened(visit, "fit")
    grid = seen.page.locator(".matrix")
    for width in (1280, 390):
        seen.page.set_viewport_size({"width": width, "height": 800})
        room, inside = grid.evaluate("one => [one.clientWidth, one.scrollWidth]")
        assert (inside <= room) == (width == 1280)
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    seen.page.set_viewport_size({"width": 1280, "height": 800})
    row = grid.locator("tbody tr").filter(has_text="spare").first
    name = row.get_by_role("button").inner_text()
    row.locator("td").last.click()
    expect(row.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    seen.page.get_by_role("button", name=f"Decide on {name}").click()
    seen.page.wait_for_url(re.compile(r"model="))
    expect(seen.page.locator(".st-key-fit-model").get_by_role("combobox")).to_have_value(name)


def test_a_long_name_without_blanks_leaves_the_machines_in_sight_and_stays_whole(visit: Open) -> None:
    name = "<img_src=x_onerror=named()>" + "W" * 90
    model = {"parameters_b": 70, "layer_count": 80, "kv_head_count": 8, "head_dim": 128, "name": name}
    box = {"chip": "nvidia-rtx-3090", "chip_count": 4, "price_usd": 9000, "name": name}
    own = {"own_models": json.dumps({"own": model}), "own_options": json.dumps({"box": box})}
    seen = opened(visit, "fit", options=("box", "dual-rtx-4090-am5"), **own)
    grid = seen.page.locator(".matrix")
    row = grid.locator("tbody tr").filter(has_text=name)
    for width in (1280, 390):
        seen.page.set_viewport_size({"width": width, "height": 800})
        room, first = (one.evaluate("one => one.clientWidth") for one in (grid, row.locator("th")))
        assert first < room / 2
    row.locator("td").first.click()
    expect(row.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    cells = seen.page.locator(".small-table th span").filter(has_text=name)
    expect(cells.first).to_be_attached()
    assert all(room == inside for room, inside in cells.evaluate_all(ROOMS))


def test_a_config_of_ones_own_becomes_the_model(visit: Open, tmp_path: Path) -> None:
    shipped = next(path for path in sorted(CONFIGS.rglob("*.json")) if "num_hidden_layers" in path.read_text())
    own = tmp_path / "config.json"
    own.write_text(json.dumps(json.loads(shipped.read_text())))
    seen = opened(visit, "fit")
    seen.page.locator(".st-key-own_config input[type=file]").set_input_files(own)
    seen.page.get_by_role("button", name="Decide on this model").click(timeout=60_000)
    seen.page.wait_for_url(re.compile(r"own_models="))
    assert seen.page.get_by_test_id("stException").count() == 0
