"""The theme's message is made once: Streamlit reads all of its options anew for every run of every page.

Six sections of some 40 options each, out of 400, took 1.5 of the 37 ms of the processor that a move takes (a sampling
profiler, 2026-11-27). They come from .streamlit/config.toml, and this server watches no files.
"""

import logging
from collections.abc import Callable
from typing import Any

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

_NAME = "_populate_theme_msg"


def make_themes_once() -> None:
    """From now on Streamlit copies each section's message; once is enough. Another release is left as it is."""
    fill: Callable[..., None] | None = getattr(app_session, _NAME, None)
    if fill is None:
        logging.getLogger(__name__).warning("Streamlit makes its theme elsewhere than this server looks for it.")
        return
    if not hasattr(fill, "__wrapped__"):
        setattr(app_session, _NAME, _filled_once(fill))


def _filled_once(fill: Callable[..., None]) -> Callable[..., None]:
    known: dict[str, CustomThemeConfig] = {}

    def filled(msg: Any, section: str = "theme") -> None:
        if section not in known:
            made = CustomThemeConfig()
            fill(made, section)
            known[section] = made
        if known[section].ByteSize():  # an empty one would count as set
            msg.MergeFrom(known[section])

    filled.__wrapped__ = fill  # type: ignore[attr-defined]
    return filled
