"""Web server of `make run` and the container: app.py, its files to take home and its live frames, behind serving/."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from streamlit import config

from calculator import CalculatorError, load_catalog
from calculator.cost import kept_bills, kept_cash, kept_loads
from measurements.child_environment import child_environment
from measurements.desk import open_desk
from measurements.health import gauges, missing_parts
from measurements.visitors import Mode, came_through_a_proxy, mode_of, why_only_look
from serving.answer_process import AnswerProcesses
from serving.answers import Answers, Query
from serving.free_memory import set_loaded_apart, share_free_memory
from serving.headers import SecurityHeaders
from serving.health import catalogue_problem, health_routes
from serving.hosts import HOSTS_VARIABLE, HostGuard, allowed_hosts
from serving.limits import limits, settings_or_exit
from serving.live import live_routes
from serving.long_cookies import take_long_cookies
from serving.look_only import LookOnly
from serving.metrics import Metrics
from serving.no_delay import send_small_frames_at_once
from serving.open_files import raise_file_limit
from serving.replies import replies
from serving.request_log import RequestLog, write_lines_to_stderr
from serving.room import room_for_loads
from serving.routes import api_routes
from serving.rude_clients import log_rude_clients_in_one_line
from serving.start_page import StartPage
from serving.strangers import HIDDEN, Frames, KnownPaths
from serving.themes import make_themes_once
from serving.turns import Turns
from serving.warm_up import warm_up
from views.bands import shade_of
from views.decide_frame import decide_frame
from views.failure import say_what_failed
from views.link import read_link
from views.navigation import PAGE_NAMES
from views.shell import answer_to
from views.turns import NoTurnError, share

_COMPRESS_FROM_BYTES = 1_000
_COMPRESS_LEVEL = 5
"""Of 9. The 55 texts of a first load, 2.40 MB, take 579 kB and 63 ms of processor time at level 9, 588 kB and 35 ms at
5, 609 kB and 28 ms at 4 (measured 2026-11-27)."""
_SCRIPT = Path(__file__).parent / "app.py"
LOADED_LATE = ("views.decide", "views.fit", "views.what_if", "views.sources", "views.measurements", "pandas")
"""Modules that the first visit would load: the pages, and pandas, with which Streamlit reads a component's values."""


def mode_or_exit() -> Mode:
    """The server's mode. A wrong setting or a broken catalogue ends the start with a sentence and exit code 2."""
    try:
        load_catalog()
        return mode_of()
    except CalculatorError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def why_looks(headers: Iterable[str]) -> str:
    """Why a visitor with these headers may only look; "" where he may bring files and measure."""
    return why_only_look(address=st.get_option("server.address"), headers=headers)


def frame_of(query: Query) -> dict[str, Any]:
    """What the Decide page draws while a control moves: all figures, no flips."""
    return decide_frame(answers.while_it_moves(query))


def set_pages_apart() -> None:
    """What was loaded late stays, too, where nobody has come yet: what a visitor holds must be collected after him."""
    if not metrics.session_count():
        set_loaded_apart()


def first_answer() -> dict[str, Any]:
    """What the Decide page shows at an address without values."""
    return decide_frame(answer_to(*answers.scenario({}), desk.speeds()))


def shade_at_rest(query: Query) -> dict[str, Any]:
    """What the Decide page draws behind its first chart at rest, from the answer that it shows."""
    return shade_of(answer_to(*answers.scenario(query), desk.speeds(), of_page=False))


share_free_memory()
kept_loads.keep_at_most(room_for_loads())
kept_cash.keep_at_most(room_for_loads())
kept_bills.keep_at_most(room_for_loads() // 8)
mode = mode_or_exit()
desk = open_desk("A route only reads.")
if mode == "public":
    desk.host()  # which starts programs of the system: now, and never for a visitor
desk.shelf.start()
settings = settings_or_exit(is_for_many=mode != "local")
turns = Turns(settings.answer_count)
share(turns.take_for_page)
answers, metrics = Answers(read_link, desk.speeds), Metrics()
answering = AnswerProcesses(
    [sys.executable, str(_SCRIPT.with_name("answering.py")), load_catalog().hash],
    child_environment(),
    here=replies(answers),
    speeds=desk.speeds,
    count=settings.process_count,
)
hosts = allowed_hosts(
    address=st.get_option("server.address"),
    named=os.environ.get(HOSTS_VARIABLE, ""),
    configured=st.get_option("server.allowedHosts") or (),
)
config.set_option("server.allowedHosts", list(hosts))  # Streamlit's own check of the websocket
if mode != "local":
    write_lines_to_stderr()
raise_file_limit(settings.session_count)
log_rude_clients_in_one_line()
send_small_frames_at_once()
take_long_cookies()
make_themes_once()
base = (st.get_option("server.baseUrlPath") or "").strip("/")
base_path = f"/{base}" if base else ""
app = st.App(
    _SCRIPT,
    routes=[
        *api_routes(answering.reply_of),
        *live_routes(frame=frame_of, shade=shade_at_rest, busy=NoTurnError),
        *health_routes(
            parts={"catalogue": catalogue_problem, **missing_parts(desk)},
            metrics=metrics,
            gauges=lambda: {**gauges(desk), **answering.gauges()},
            may_know=lambda headers: mode == "team" or (mode == "local" and not came_through_a_proxy(headers)),
        ),
    ],
    on_script_error=say_what_failed,
    middleware=[
        Middleware(RequestLog, metrics=metrics, writes=mode != "local"),
        Middleware(SecurityHeaders),
        Middleware(HostGuard, hosts=hosts),
        Middleware(
            KnownPaths,
            pages=PAGE_NAMES,
            hidden=() if mode == "local" else HIDDEN,
            base=base_path,
        ),
        Middleware(LookOnly, why_only_look=why_looks),
        *limits(settings, turns=turns, metrics=metrics),
        Middleware(Frames, script=_SCRIPT, hides_facts=mode != "local", metrics=metrics),
        Middleware(GZipMiddleware, minimum_size=_COMPRESS_FROM_BYTES, compresslevel=_COMPRESS_LEVEL),
        Middleware(StartPage, hides_facts=mode != "local", base=base_path),
    ],
)
set_loaded_apart()
warm_up(LOADED_LATE, set_pages_apart, first_answer, answering.start)
