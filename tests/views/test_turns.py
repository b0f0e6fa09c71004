"""Turns of the pages: bounded at once, given back, and a sentence where none comes."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock
from time import sleep

import pytest

from calculator import load_catalog
from calculator.decision.compare import compare as plain_compare
from calculator.errors import CalculatorError
from views import downloads, shell, turns
from views.turns import turn


def test_no_more_at_once_than_there_are_turns() -> None:
    two, lock, running, most = BoundedSemaphore(2), Lock(), 0, 0

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
    one = BoundedSemaphore(1)
    with turn(one), pytest.raises(CalculatorError, match="reload the page in a minute"), turn(one, longest_wait_s=0.01):
        pass
    with turn(one):
        pass


def test_failure_gives_the_turn_back() -> None:
    one = BoundedSemaphore(1)
    with pytest.raises(ZeroDivisionError), turn(one):
        raise ZeroDivisionError
    assert one.acquire(blocking=False)


def test_answers_and_files_of_a_page_take_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []
    catalog = load_catalog()
    free = turns.TURNS._value  # pyright: ignore[reportAttributeAccessIssue]

    def watched(*arguments: object, **named: object) -> object:
        held.append(free - turns.TURNS._value)  # pyright: ignore[reportAttributeAccessIssue]
        return plain_compare(shell.Scenario(options=("api-same-model",)), catalog, draw_count=64)

    monkeypatch.setattr(shell, "compare", watched)
    scenario = shell.Scenario(name="takes a turn", options=("api-same-model",))
    comparison = shell.answer_of(shell.Case(shell.Link({}, {}), catalog, scenario, {}), ())
    assert held == [1]
    taken: list[str] = []

    @contextmanager
    def counted() -> Generator[None]:
        taken.append("file")
        yield

    monkeypatch.setattr(downloads, "turn", counted)
    assert next(one for one in downloads.downloads(comparison, catalog=catalog) if one.key == "csv").content()
    assert taken == ["file"]
