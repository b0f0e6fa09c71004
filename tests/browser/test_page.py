"""What the server gives: downloads, headers, routes and scripts, and whom it refuses."""

import io
import json
import math
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pandas as pd
import pytest

from calculator import Scenario, compare, load_catalog
from calculator.report.home_files import HOME_FILES, HomeFile
from calculator.risk.monte_carlo import FULL_COUNT
from calculator.scenario.presets import preset
from tests.browser.conftest import Visit
from views.bands import shade_of
from views.decide_frame import decide_frame
from views.decide_words import name_of

pytestmark = pytest.mark.browser
Open = Callable[..., Visit]


def fetched(seen: Visit, key: str, folder: Path) -> Path:
    """The file behind the download button of that key."""
    label = next(file.label for file in HOME_FILES if file.key == key)
    wanted = seen.page.get_by_role("button", name=label, exact=True)
    if not wanted.is_visible():
        seen.page.get_by_role("button", name="Take it with you").click()
    with seen.page.expect_download() as download:
        wanted.click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def test_downloads_agree_with_the_rows_to_the_cent(visit: Open, tmp_path: Path) -> None:
    seen = visit("?wage_usd_per_h=110&money=cash")
    comparison = compare(Scenario(wage_usd_per_h=110, money="cash"), load_catalog())
    costs = {option.id: option.tco.total_cost_usd for option in comparison.options if option.tco}
    named = {
        name_of(option): round(costs[option.id]) for option in comparison.options if option.eligible and option.tco
    }
    shown = {bar.split(": $")[0]: bar.split(": $")[1].split(", $")[0] for bar in seen.rows()}
    assert {name: int(text.replace(",", "")) for name, text in shown.items()} == named

    file = fetched(seen, "csv", tmp_path)
    ledger = pd.read_csv(file)
    sums = {str(option): -math.fsum(group.tolist()) for option, group in ledger.groupby("option")["amount_usd"]}
    assert sums.keys() == costs.keys()
    assert all(math.isclose(sums[option], costs[option], abs_tol=0.005) for option in costs)
    assert set(ledger["scenario_id"]) == {comparison.scenario_id}

    wide = pd.read_csv(fetched(seen, "wide_csv", tmp_path))
    totals = wide.loc[wide["line"] == "total", "total_usd"]
    assert all(
        math.isclose(-total, cost, abs_tol=0.01 * len(wide)) for total, cost in zip(totals, costs.values(), strict=True)
    )


@pytest.mark.parametrize("file", HOME_FILES, ids=lambda file: file.key)
def test_every_download_arrives_whole_under_its_name(visit: Open, tmp_path: Path, file: HomeFile) -> None:
    seen = visit("?options=mac-studio-m5-ultra-96&options=cloud-h100")
    found = fetched(seen, file.key, tmp_path)
    assert found.name.startswith("local-llm-tco-")
    content = found.read_bytes()
    kind = found.suffix
    if kind == ".pdf":
        assert content.startswith(b"%PDF-")
        assert content.rstrip().endswith(b"%%EOF")
    elif kind == ".xlsx":
        with zipfile.ZipFile(found) as book:
            assert book.testzip() is None
    elif kind == ".html":
        text = content.decode("utf-8").strip().lower()
        assert text.startswith("<!doctype html")
        assert text.endswith("</html>")
    elif kind == ".json":
        assert json.loads(content)
    elif kind == ".html":
        assert content.startswith(b"<!doctype html>")
        assert content.rstrip().endswith(b"</html>")
    else:
        assert kind == ".csv"
        assert len(pd.read_csv(found)) >= 2


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


def test_live_route_gives_the_pages_own_frame_but_for_its_futures_and_refuses_in_words(server: str) -> None:
    own = '{"quad":{"chip":"nvidia-rtx-3090","chip_count":4,"price_usd":9000}}'
    address = urlencode({"preset": "article", "wage_usd_per_h": 110, "money": "cash"})
    quad = urlencode({"options": ["quad", "dgx-spark"], "own_options": own}, doseq=True)
    mine = Scenario.parse({"options": ("quad", "dgx-spark"), "own_options": json.loads(own)})
    for query, scenario in ((address, preset("article").changed(wage_usd_per_h=110, money="cash")), (quad, mine)):
        with urllib.request.urlopen(f"{server}/api/decide.json?{query}", timeout=10) as answer:
            frame = json.load(answer)
            assert answer.headers["cache-control"] == "no-store"
        rest = json.loads(json.dumps(decide_frame(compare(scenario, load_catalog(), as_of=date.today().isoformat()))))
        same = ("months", "money", "labour", "groups", "paid", "sign", "convention", "as_of", "id")
        assert {name: frame[name] for name in same} == {name: rest[name] for name in same}
        assert [row.get("usd", [0, 0])[1] for row in frame["rows"]] == [
            row.get("usd", [0, 0])[1] for row in rest["rows"]
        ]
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(f"{server}/api/decide.json?wage_usd_per_h=-1", timeout=10)
    assert refusal.value.code == 422
    assert json.load(refusal.value) == {"error": "wage_usd_per_h is -1.0; it must lie in 0..1000."}


def test_shade_route_gives_the_shade_of_the_pages_answer_and_refuses_in_words(server: str) -> None:
    address = urlencode({"preset": "article", "wage_usd_per_h": 110, "money": "cash", "labour": "without"})
    with urllib.request.urlopen(f"{server}/api/shade.json?{address}", timeout=10) as answer:
        shade = json.load(answer)
        assert answer.headers["cache-control"] == "no-store"
    scenario = preset("article").changed(wage_usd_per_h=110, money="cash", labour="without")
    found = compare(scenario, load_catalog(), as_of=date.today().isoformat(), draw_count=FULL_COUNT)
    assert shade == json.loads(json.dumps(shade_of(found)))
    assert len(shade["bands"]) == 2
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(f"{server}/api/shade.json?wage_usd_per_h=-1", timeout=10)
    assert refusal.value.code == 422
    assert json.load(refusal.value) == {"error": "wage_usd_per_h is -1.0; it must lie in 0..1000."}


def test_live_bodies_come_from_this_server(server: str, visit: Open) -> None:
    seen = visit()
    scripts = seen.page.evaluate("() => performance.getEntriesByType('resource').map((entry) => entry.name)")
    own = [name for name in scripts if "decide" in name and name.split("?")[0].endswith((".js", ".css"))]
    assert {Path(urlsplit(name).path).name for name in own} >= {"decide.js", "rows.js", "charts.js", "controls.js"}
    assert all(name.startswith(server) for name in own)


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
