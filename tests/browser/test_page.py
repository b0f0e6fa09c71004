"""The page in a real browser, from the first look to the CSV."""

import io
import math
import re
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from playwright.sync_api import expect

from calculator import Scenario, compare, load_catalog
from calculator.decision.comparison import Comparison
from calculator.risk.monte_carlo import FULL_COUNT
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
Open = Callable[..., Visit]


def costs_shown(seen: Visit) -> list[int]:
    """Whole dollars of each card, in order; cards without a cost are left out."""
    values = seen.page.get_by_test_id("stMetricValue")
    values.first.wait_for()
    texts = values.all_inner_texts()
    return [int(re.sub(r"[^\d-]", "", text)) for text in texts if any(letter.isdigit() for letter in text)]


def todays(scenario: Scenario) -> Comparison:
    """What the page computes: the prices of today, all futures."""
    return compare(scenario, load_catalog(), as_of=date.today().isoformat(), draw_count=FULL_COUNT)


def first_sentence(comparison: Comparison) -> str:
    """The first verdict of the page: Mac or PC."""
    assert comparison.verdicts.mac_or_pc is not None
    return comparison.verdicts.mac_or_pc.sentence


def test_a_person_moves_the_hourly_rate_shares_the_link_and_takes_the_csv_home(visit: Open, tmp_path: Path) -> None:
    seen = visit()
    first, first_costs = seen.verdict(), costs_shown(seen)
    assert first == first_sentence(todays(Scenario()))
    assert parse_qs(urlsplit(seen.page.url).query) == {}

    slider = seen.page.get_by_role("slider", name="Hourly rate")
    slider.focus()
    for _ in range(3):
        seen.page.keyboard.press("ArrowRight")
    seen.page.wait_for_url(re.compile(r"wage_usd_per_h=110(&|$)"))
    moved = seen.wait_for_verdict(changed_from=first)
    assert re.findall(r"\$[\d,]+", moved) != re.findall(r"\$[\d,]+", first)

    scenario = Scenario(wage_usd_per_h=110.0)
    comparison = todays(scenario)
    expect(seen.page.get_by_role("heading", level=2).first).to_have_text(first_sentence(comparison))
    costs = [option.tco.total_cost_usd for option in comparison.options if option.tco]
    values = sorted(option.tco.present_value_cost_usd for option in comparison.options if option.tco)
    assert costs_shown(seen) == [round(value) for value in values] != first_costs  # today's money, cheapest first

    seen.page.reload()
    expect(seen.page.get_by_role("heading", level=2).first).to_have_text(first_sentence(comparison))
    assert parse_qs(urlsplit(seen.page.url).query) == {"wage_usd_per_h": ["110"]}

    with seen.page.expect_download() as download:
        seen.page.get_by_role("button", name="Ledger (CSV)").click()
    file = tmp_path / "ledger.csv"
    download.value.save_as(file)
    assert file.read_text("utf-8-sig").startswith("scenario_id,")
    ledger = pd.read_csv(file)
    amounts = ledger.groupby("option", sort=False)["amount_usd"]
    sums = [-math.fsum(group.tolist()) for _, group in amounts]
    assert all(math.isclose(total, cost, abs_tol=0.005) for total, cost in zip(sums, costs, strict=True))
    assert set(ledger["scenario_id"]) == {comparison.scenario_id}

    with seen.page.expect_download() as download:
        seen.page.get_by_role("button", name="Ledger by year (CSV)").click()
    download.value.save_as(file)
    wide = pd.read_csv(file)
    totals = wide.loc[wide["line"] == "total", "total_usd"]
    assert all(math.isclose(-total, cost, abs_tol=0.01 * len(wide)) for total, cost in zip(totals, costs, strict=True))


def test_values_that_cannot_be_used_are_named(visit: Open) -> None:
    seen = visit("?wage_usd_per_h=NaN&resale_fraction=1.4&model=gpt-9&colour=red")
    assert seen.verdict() == first_sentence(todays(Scenario()))
    said = seen.page.get_by_test_id("stAlert").all_inner_texts()
    assert len(said) == 4
    for name, sentence in zip(("wage_usd_per_h", "resale_fraction", "model", "colour"), said, strict=True):
        assert sentence.startswith(name)
    assert "Enter 0.7 for 70 %" in said[1]


def test_permanent_link_gives_the_same_answer_to_another_person(visit: Open) -> None:
    seen = visit("?months=48&options=cloud-h100&options=mac-studio-m5-ultra-256")
    seen.page.get_by_text("Permanent link").click()
    link = seen.page.get_by_test_id("stCode").inner_text()
    assert "months=48" in link
    assert "catalogue_hash=" in link
    other = visit("?" + urlsplit(link).query)
    assert other.verdict() == seen.verdict()
    assert costs_shown(other) == costs_shown(seen)
    assert other.page.get_by_test_id("stAlert").count() == 0


def test_page_is_usable_on_a_phone(visit: Open) -> None:
    seen = visit(width=390, height=844)
    seen.page.get_by_text("Everything else you can change").click()
    seen.page.get_by_role("tab", name="Demand").click()
    requests = seen.page.get_by_role("spinbutton", name="Requests per working day")
    first = seen.verdict()
    requests.fill("400")
    requests.press("Enter")
    seen.wait_for_verdict(changed_from=first)
    seen.page.wait_for_selector(".js-plotly-plot")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert seen.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_charts_have_names_and_the_modes_own_colours(visit: Open) -> None:
    theme = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    seen = visit("?options=mac-studio-m5-ultra-256&options=cloud-h100")
    for mode in ("light", "dark"):
        seen.page.emulate_media(color_scheme=mode)  # pyright: ignore[reportArgumentType]
        seen.page.reload()
        colours = theme[mode]["chartCategoricalColors"]
        for line, colour in enumerate((colours[0], colours[3])):
            rgb = tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
            drawn = seen.page.locator(".js-plotly-plot").first.locator(".scatterlayer .js-line").nth(line)
            expect(drawn).to_have_css("stroke", f"rgb{rgb}")
    for name in ("Cumulative cost of each option over 36 months", "Total cost by line: ", "Memory: "):
        expect(seen.page.get_by_label(re.compile(f"^{name}"))).to_have_count(1)


def test_every_answer_carries_the_security_headers_and_scripts_travel_compressed(server: str) -> None:
    request = urllib.request.Request(f"{server}/", headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        headers = answer.headers
    assert headers["content-encoding"] == "gzip"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"]
    assert "unsafe-eval" not in policy
    assert "http:" not in policy
    assert "https:" not in policy
    assert "script-src 'self' 'sha256-" in policy


def test_api_gives_the_same_ledger_as_the_page_and_refuses_in_words(server: str) -> None:
    with urllib.request.urlopen(f"{server}/api/compare.csv?wage_usd_per_h=110", timeout=10) as answer:
        ledger = pd.read_csv(io.BytesIO(answer.read()))
    comparison = compare(Scenario(wage_usd_per_h=110.0), load_catalog())
    costs = {option.id: option.tco.total_cost_usd for option in comparison.options if option.tco}
    for option, group in ledger.groupby("option")["amount_usd"]:
        assert math.isclose(-math.fsum(group.tolist()), costs[str(option)], abs_tol=0.005)
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(f"{server}/api/compare.csv?wage_usd_per_h=-1", timeout=10)
    assert refusal.value.code == 422
    assert refusal.value.read().decode() == "wage_usd_per_h is -1.0; it must lie in 0..1000.\n"


def test_a_page_under_another_name_cannot_drive_this_server(server: str) -> None:
    """DNS rebinding: a foreign name that resolves to this machine gets no websocket."""
    import socket

    host, port = urlsplit(server).hostname, urlsplit(server).port
    lines = (
        "GET /_stcore/stream HTTP/1.1",
        f"Host: evil.example:{port}",
        f"Origin: http://evil.example:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "",
        "",
    )
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode())
        answer = connection.recv(200).decode()
    assert " 403 " in answer.splitlines()[0]
