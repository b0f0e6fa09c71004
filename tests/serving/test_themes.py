"""The theme's message is made once, and is the one that Streamlit makes."""

import logging
from typing import Any

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig, NewSession
from streamlit.runtime import app_session

from serving.themes import make_themes_once

NAME = "_populate_theme_msg"
SECTIONS_IN_ORDER = (
    "theme",
    *(f"theme.{one}" for one in ("light", "dark", "sidebar", "light.sidebar", "dark.sidebar")),
)
SECTIONS = ("theme", *(f"theme.{one.value}" for one in config.CustomThemeCategories))


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    usual = getattr(app_session, NAME)
    monkeypatch.setattr(app_session, NAME, getattr(usual, "__wrapped__", usual))


def _filled(section: str) -> CustomThemeConfig:
    message = CustomThemeConfig()
    getattr(app_session, NAME)(message, section)
    return message


def _whole() -> bytes:
    """The message of a run, filled section by section as Streamlit does."""
    theme = NewSession().custom_theme
    parts = (theme, theme.light, theme.dark, theme.sidebar, theme.light.sidebar, theme.dark.sidebar)
    for part, section in zip(parts, SECTIONS_IN_ORDER, strict=True):
        getattr(app_session, NAME)(part, section)
    return theme.SerializeToString()


def test_every_section_is_what_streamlit_makes_and_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:

    usual, whole = {section: _filled(section) for section in SECTIONS}, _whole()
    assert any(one.ByteSize() for one in usual.values())
    make_themes_once()
    assert {section: _filled(section) for section in SECTIONS} == usual
    assert _whole() == whole
    read: list[str] = []
    monkeypatch.setattr(config, "get_options_for_section", lambda section: read.append(section) or {})
    assert {section: _filled(section) for section in SECTIONS} == usual
    assert not read


def test_what_a_run_does_with_its_message_changes_no_other_one() -> None:
    make_themes_once()
    first, second = NewSession(), NewSession()
    for message in (first, second):
        getattr(app_session, NAME)(message.custom_theme)
        getattr(app_session, NAME)(message.custom_theme.dark, SECTIONS[-1])
        message.custom_theme.primary_color = f"#00000{len(message.name)}"
        message.name += "a"
    assert _filled("theme").primary_color != first.custom_theme.primary_color
    assert first.custom_theme.dark == second.custom_theme.dark


def test_second_call_changes_nothing() -> None:
    make_themes_once()
    switched = getattr(app_session, NAME)
    make_themes_once()
    assert getattr(app_session, NAME) is switched


def test_another_streamlit_is_left_as_it_is_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr(app_session, NAME)
    with caplog.at_level(logging.WARNING):
        make_themes_once()
    assert "theme elsewhere" in caplog.text
    module: Any = app_session
    assert not hasattr(module, NAME)
