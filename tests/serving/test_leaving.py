"""Sessions that may no longer come back are dropped, and their memory is given back, once after each wave."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.runtime import Runtime, RuntimeConfig
from streamlit.runtime.memory_session_storage import MemorySessionStorage

from serving.leaving import KEPT_S, Leaving, drop_expired_sessions


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MemorySessionStorage:
    """The storage of a real runtime that has not been started; nothing stays in it."""
    kept = MemorySessionStorage(ttl_seconds=0)
    unused: Any = None
    monkeypatch.setattr(Runtime, "_instance", None)
    Runtime(
        RuntimeConfig(
            script_path=str(tmp_path / "app.py"),
            component_registry=unused,
            media_file_storage=unused,
            uploaded_file_manager=unused,
            session_storage=kept,
        )
    )
    return kept


def test_session_whose_time_is_over_is_dropped(storage: MemorySessionStorage) -> None:
    gone: Any = SimpleNamespace(session=SimpleNamespace(id="gone"))
    storage.save(gone)
    held: Any = storage._cache  # pyright: ignore[reportPrivateUsage]
    assert "gone" in held._data
    drop_expired_sessions()
    assert not held._data


def test_streamlit_keeps_a_session_as_long_as_is_waited() -> None:
    held: Any = MemorySessionStorage()._cache  # pyright: ignore[reportPrivateUsage]
    assert held.ttl == KEPT_S


def test_another_streamlit_that_keeps_them_elsewhere_is_told_in_the_log(
    storage: MemorySessionStorage, caplog: pytest.LogCaptureFixture
) -> None:
    del storage._cache  # pyright: ignore[reportPrivateUsage]
    drop_expired_sessions()
    assert "keeps its sessions elsewhere" in caplog.text


def test_without_a_server_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Runtime, "_instance", None)
    drop_expired_sessions()


def on_a_loop_of_its_own(work: Coroutine[Any, Any, None]) -> None:
    """Run it in a thread: a browser test of the same process may have a loop that runs in this one."""
    with ThreadPoolExecutor(1) as hand:
        hand.submit(asyncio.run, work).result()


@pytest.mark.parametrize(("visitors", "turns"), [(1, 1), (2, 2), (100, 2)])
def test_memory_is_given_back_for_the_first_who_left_and_once_for_all_the_others(visitors: int, turns: int) -> None:
    given = list[str]()

    async def leave() -> None:
        leaving = Leaving(after_s=0.05, give_back=lambda: given.append(threading.current_thread().name))
        for _ in range(visitors):
            leaving.left()
        assert not given  # they may come back
        for _ in range(400):
            await asyncio.sleep(0.05)
            if len(given) == turns:
                break
        await asyncio.sleep(0.2)

    on_a_loop_of_its_own(leave())
    assert given == ["give memory back"] * turns  # in a thread of its own


def test_turn_that_was_due_on_a_loop_that_has_ended_holds_up_no_other() -> None:
    given = list[str]()
    leaving = Leaving(after_s=0.05, give_back=lambda: given.append("back"))

    async def leave(stay_s: float) -> None:
        leaving.left()
        await asyncio.sleep(stay_s)

    on_a_loop_of_its_own(leave(0))
    on_a_loop_of_its_own(leave(0.5))
    assert given == ["back"]
