"""Speed of the pages in a real browser: key to painted verdict, updates while dragging, messages and bytes a move,
processor time of a live frame and of an answer at rest, and control to figure on the other pages.

    python bench/page.py [URL]

Without a URL it starts a server of its own on a free port; the first verdict is timed from the moment at which it
answers. Gates nothing; a busy machine shows in every figure.
"""

import statistics
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.servers import processor_s, server
from tests.browser.chromium import system_chromium

KEYS, STEPS = 25, 60
KEY_GAP_MS, STEP_GAP_MS = 700, 50
MOVES = 9
FRAMES = 60


def main(url: str, *, pid: int | None = None) -> None:
    """Print the figures; those of the processor where the server's process is known."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=system_chromium(), headless=True)
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        loaded, frames = [0.0], list[int]()
        wire: Any = page.context.new_cdp_session(page)
        wire.send("Network.enable")

        def note_load(event: dict[str, Any]) -> None:
            loaded.append(float(event["encodedDataLength"]))

        def note_frame(event: dict[str, Any]) -> None:
            frames.append(len(str(event["response"]["payloadData"])) * 3 // 4)

        wire.on("Network.loadingFinished", note_load)
        wire.on("Network.webSocketFrameReceived", note_frame)
        began = time.perf_counter()
        page.goto(url)
        page.locator(".decide h2").first.wait_for()
        print(f"first verdict {time.perf_counter() - began:.1f} s", end=", ")
        page.wait_for_timeout(2_000)
        print(f"first load {sum(loaded) / 1e6:.2f} MB")
        before = _cpu_s(pid)
        _keys(page, frames)
        per_move_s = (_cpu_s(pid) - before) / KEYS
        _drag(page)
        if pid is not None:
            _processor(url, pid, per_move_s)
        _other_pages(page, url)
        chromium.close()


def _cpu_s(pid: int | None) -> float:
    """Processor seconds of a process so far; 0 where it is not known."""
    return 0.0 if pid is None else processor_s(pid)


def _processor(url: str, pid: int, per_move_s: float) -> None:
    """A live frame by itself; what a move costs beyond its frame is the answer at rest, page and all."""
    before = _cpu_s(pid)
    for number in range(FRAMES):
        with urllib.request.urlopen(f"{url}/api/decide.json?wage_usd_per_h={40 + number}", timeout=30) as answer:
            answer.read()
        time.sleep(0.1)
    frame_s = (_cpu_s(pid) - before) / FRAMES
    print(f"processor: live frame {1000 * frame_s:.0f} ms, answer at rest {1000 * (per_move_s - frame_s):.0f} ms")


def _other_pages(page: Page, url: str) -> None:
    """From a control of each other page to the figure that it changes."""
    for path, name, figure, values in (
        ("fit", "People asking at once", "table", [2, 3]),
        ("fit", "Memory for other software (GB)", "table", [4, 8]),
        ("what-if", "Left to right", "figure", ["Months", "Electricity price"]),
    ):
        page.goto(f"{url}/{path}")
        page.get_by_label(name, exact=True).first.wait_for()
        page.wait_for_timeout(3_000)
        page.evaluate(_WATCH, figure)
        times: list[float] = []
        for move in range(MOVES):
            box = page.get_by_role("spinbutton" if figure == "table" else "combobox", name=name, exact=True).first
            value = str(values[move % len(values)])
            box.scroll_into_view_if_needed()  # scrolling shuts a list that is open
            page.wait_for_timeout(300)
            if figure == "table":
                box.fill(value)
            else:
                box.click()
                page.get_by_role("option", name=value, exact=True).wait_for()
            page.evaluate("() => { window.figured = 0; window.began = performance.now(); }")
            if figure == "table":
                box.press("Enter")
            else:
                page.get_by_role("option", name=value, exact=True).click()
            page.wait_for_timeout(1_500)
            times.append(float(page.evaluate("() => window.figured")))
        seen = sorted(one for one in times if one)
        print(f"{path}, {name}: control to figure {statistics.median(seen):.0f} ms ({len(seen)} moves)")


_WATCH = """(kind) => {
    const places = {table: "[data-testid=stMain] table", figure: "[class*=st-key-who-wins]"};
    const note = () => { if (window.began && !window.figured) window.figured = performance.now() - window.began; };
    window.began = 0; window.figured = 0;
    const said = () => [...document.querySelectorAll(places[kind])].map((one) => one.textContent + one.ariaLabel).join();
    let last = said();
    new MutationObserver(() => { const now = said(); if (now !== last) { last = now; note(); } })
        .observe(document.querySelector("[data-testid=stMain]"),
            {subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["aria-label"]});
}"""


def _keys(page: Page, frames: list[int]) -> None:
    """Arrow keys on one slider: from the key to the painted verdict, then what the move sent in all."""
    page.locator(".decide .verdict").first.evaluate(
        """box => { window.painted = []; window.pressed = 0;
        new MutationObserver(() => { if (!window.pressed) return; const from = window.pressed; window.pressed = 0;
          requestAnimationFrame(() => setTimeout(() => window.painted.push(performance.now() - from), 0)); })
        .observe(box, {childList: true}); }"""
    )
    slider = page.get_by_role("slider", name="Hourly rate, slider")
    slider.focus()
    slider.evaluate("slider => slider.addEventListener('keydown', () => { window.pressed = performance.now(); })")
    frames.clear()
    for _ in range(KEYS):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(KEY_GAP_MS)
    times = sorted(page.locator("body").evaluate("() => window.painted"))
    print(f"key to painted verdict {statistics.median(times):.0f} ms, p95 {times[int(0.95 * len(times)) - 1]:.0f} ms")
    print(f"{len(frames) / KEYS:.1f} messages and {sum(frames) / KEYS / 1000:.1f} kB a move")


def _drag(page: Page) -> None:
    """A thumb held and moved: verdicts painted a second."""
    box = page.get_by_role("slider", name="Hourly rate, slider").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.locator(".decide .verdict").first.evaluate(
        "box => { window.updates = 0; new MutationObserver(() => window.updates++).observe(box, {childList: true}); }"
    )
    page.mouse.move(box["x"] + 0.3 * box["width"], middle)
    page.mouse.down()
    began = time.perf_counter()
    for step in range(STEPS):
        page.mouse.move(box["x"] + (0.3 + 0.5 * step / STEPS) * box["width"], middle)
        page.wait_for_timeout(STEP_GAP_MS)
    seconds = time.perf_counter() - began
    updates = page.locator("body").evaluate("() => window.updates")
    page.mouse.up()
    print(f"dragging {updates / seconds:.1f} verdicts a second")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        started = time.perf_counter()
        with server() as (address, server_pid):
            print(f"the server answers {time.perf_counter() - started:.1f} s after its start")
            main(address, pid=server_pid)
