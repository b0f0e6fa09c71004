"""Turns of the pages: bounded at once, given back, and a sentence where none comes."""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from time import sleep
from typing import Any

import pytest

from calculator import load_catalog
from calculator.decision.compare import compare as plain_compare
from calculator.errors import CalculatorError
from tests.views.other_pages import opened, what_if_script
from tests.views.test_mending import OPTIONS, answer
from views import downloads, shell, turns, two_scenarios, what_if, whole_mend
from views.kept import Kept
from views.turns import Take, turn, turns_of
from views.whole_mend import whole_mends


def test_no_more_at_once_than_there_are_turns() -> None:
    two, lock, running, most = turns_of(2), Lock(), 0, 0

    def work(_: int) -> None:
        nonlocal running, most
        with turn(two):
            with lock:
                running += 1
                most = max(most, running)
            sleep(0.002)
            with lock:
                running -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(40)))
    assert most == 2


def test_who_waits_too_long_reads_a_sentence_and_the_turn_stays_whole() -> None:
    one = turns_of(1)
    end = one(0.0, False)
    assert end is not None
    with pytest.raises(CalculatorError, match="reload the page in a minute"), turn(one, longest_wait_s=0.01):
        pass
    end()
    with turn(one):
        pass


def test_what_is_made_within_an_answer_waits_for_no_second_turn() -> None:
    one = turns_of(1)
    with turn(one), turn(one, longest_wait_s=0.01):
        assert one(0.0, False) is None
    assert one(0.0, False) is not None


def test_failure_gives_the_turn_back() -> None:
    one = turns_of(1)
    with pytest.raises(ZeroDivisionError), turn(one):
        raise ZeroDivisionError
    assert one(0.0, False) is not None


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many turns are held now, as its only number; the pages take counted ones in this test."""
    now = [0]

    def end() -> None:
        now[0] -= 1

    def take(_: float, __: bool) -> Callable[[], object]:
        now[0] += 1
        return end

    monkeypatch.setattr(turns._SHARED, "take", take)  # pyright: ignore[reportPrivateUsage]
    return now


def test_answers_and_files_of_a_page_take_a_turn(monkeypatch: pytest.MonkeyPatch, held: list[int]) -> None:
    seen: list[int] = []
    catalog = load_catalog()

    def watched(*arguments: object, **named: object) -> object:
        seen.append(held[0])
        return plain_compare(shell.Scenario(options=("api-same-model",)), catalog, draw_count=64)

    monkeypatch.setattr(shell, "compare", watched)
    scenario = shell.Scenario(name="takes a turn", options=("api-same-model",))
    comparison = shell.answer_of(shell.Case(shell.Link({}, {}), catalog, scenario, {}), ())
    assert seen == [1]
    taken: list[str] = []

    @contextmanager
    def counted() -> Generator[None]:
        taken.append("file")
        yield

    monkeypatch.setattr(downloads, "turn", counted)
    assert next(one for one in downloads.downloads(comparison, catalog=catalog) if one.key == "csv").content()
    assert taken == ["file"]


def test_own_calculations_of_what_if_take_a_turn(monkeypatch: pytest.MonkeyPatch, held: list[int]) -> None:
    seen: dict[str, int] = {}

    def watched(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            seen[name] = held[0]
            return function(*arguments, **named)

        return call

    names = ("flip_points", "tornado", "who_wins", "exit_curve", "simulate", "value_of_information")
    for name in names:
        monkeypatch.setattr(what_if, name, watched(name, getattr(what_if, name)))
    for name in ("bridge", "compare"):
        monkeypatch.setattr(two_scenarios, name, watched(name, getattr(two_scenarios, name)))
    assert not opened(what_if_script).exception
    assert seen == dict.fromkeys((*names, "bridge", "compare"), 1)
    assert held == [0]


def test_whole_mends_of_decide_take_a_turn_and_are_kept(monkeypatch: pytest.MonkeyPatch, held: list[int]) -> None:
    seen: list[int] = []

    def watched(*arguments: Any, **named: Any) -> object:
        seen.append(held[0])
        return plain_compare(*arguments, **named)

    monkeypatch.setattr(whole_mend, "compare", watched)
    scenario = shell.Scenario.parse({"name": "mended", "model": "codellama-34b", "options": OPTIONS})
    comparison, catalog = answer(scenario), load_catalog()
    first = whole_mends(comparison, catalog=catalog, speeds=())
    count = len(seen)
    assert set(seen) == {1}
    assert whole_mends(comparison, catalog=catalog, speeds=()) is first
    assert len(seen) == count


def test_pages_take_the_turns_that_are_shared_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_SHARED", replace(turns._SHARED))  # pyright: ignore[reportPrivateUsage]
    none: Take = lambda _, __: None  # noqa: E731
    turns.share(none)
    with pytest.raises(CalculatorError, match="Many people ask"), turn():
        pass


def test_an_answer_asks_for_a_turn_of_answers_and_a_file_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def take(_: float, is_answer: bool) -> Callable[[], object]:
        asked.append(is_answer)
        return lambda: None

    monkeypatch.setattr(turns, "_SHARED", replace(turns._SHARED, take=take))  # pyright: ignore[reportPrivateUsage]
    Kept[str, str]().get("a", lambda: "an answer")
    with turn():
        Kept[str, str]().get("b", lambda: "an answer within")
    assert asked == [True, False]
