"""Web server of `make run` and the container: app.py, its files to take home and its live frames, behind serving/."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from calculator import Scenario, load_catalog
from calculator.catalog import Catalog
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.errors import CalculatorError
from calculator.risk.monte_carlo import FULL_COUNT
from measurements.desk import open_desk
from serving.headers import SecurityHeaders
from serving.live import LIVE_COUNT, live_route
from serving.no_delay import send_small_frames_at_once
from serving.routes import download_routes
from views.decide_frame import decide_frame
from views.failure import say_what_failed
from views.link import read_link

_COMPRESS_FROM_BYTES = 1_000


def comparison_of(query: Mapping[str, list[str]], *, draw_count: int, with_turns: bool = True) -> Comparison:
    """The answer to the scenario in the address with what is measured; raises CalculatorError, a line per value."""
    catalog = load_catalog()
    link = read_link(dict(query), catalog=catalog)
    if link.problems:
        raise CalculatorError("\n".join(link.problems.values()))
    return compare(
        Scenario.parse({**link.values, "typed": link.typed()}),
        catalog,
        open_desk().speeds(),
        as_of=date.today().isoformat(),
        draw_count=draw_count,
        with_turns=with_turns,
    )


def answer_of(query: Mapping[str, list[str]]) -> tuple[Comparison, Catalog]:
    """What the files to take home are made of: every future, and what would turn the answer."""
    return comparison_of(query, draw_count=FULL_COUNT), load_catalog()


def frame_of(query: Mapping[str, list[str]]) -> dict[str, Any]:
    """What the Decide page draws while a control moves: fewer futures, no flips."""
    return decide_frame(comparison_of(query, draw_count=LIVE_COUNT, with_turns=False))


send_small_frames_at_once()
app = st.App(
    Path(__file__).parent / "app.py",
    routes=[*download_routes(answer_of), live_route(frame_of)],
    on_script_error=say_what_failed,
    middleware=[Middleware(SecurityHeaders), Middleware(GZipMiddleware, minimum_size=_COMPRESS_FROM_BYTES)],
)
