"""Web server of `make run` and the container: app.py, its files to take home and its live frames, behind serving/."""

from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from measurements.desk import open_desk
from serving.answers import Answers, Query
from serving.headers import SecurityHeaders
from serving.limits import limits
from serving.live import live_route
from serving.no_delay import send_small_frames_at_once
from serving.routes import api_routes
from views.decide_frame import decide_frame
from views.failure import say_what_failed
from views.link import read_link

_COMPRESS_FROM_BYTES = 1_000
answers = Answers(read_link, lambda: open_desk("A route only reads.").speeds())


def frame_of(query: Query) -> dict[str, Any]:
    """What the Decide page draws while a control moves: fewer futures, no flips."""
    return decide_frame(answers.while_it_moves(query))


send_small_frames_at_once()
app = st.App(
    Path(__file__).parent / "app.py",
    routes=[*api_routes(answers), live_route(frame_of)],
    on_script_error=say_what_failed,
    middleware=[Middleware(SecurityHeaders), *limits(), Middleware(GZipMiddleware, minimum_size=_COMPRESS_FROM_BYTES)],
)
