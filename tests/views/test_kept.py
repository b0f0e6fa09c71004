"""What is kept of the last answers: made once, in a turn, and the oldest forgotten first."""

from collections.abc import Callable

import pytest

from calculator.errors import CalculatorError
from views import turns
from views.kept import Kept


def test_value_is_made_once_and_the_one_asked_for_longest_ago_is_forgotten() -> None:
    kept, made = Kept[str, str](most=2), list[str]()

    def get(key: str) -> str:
        return kept.get(key, lambda: made.append(key) or key.upper())

    assert [get(key) for key in "aabac"] == ["A", "A", "B", "A", "C"]
    assert made == ["a", "b", "c"]
    assert get("b") == "B"
    assert made == ["a", "b", "c", "b"]


def test_value_that_is_none_is_kept_too() -> None:
    kept, made = Kept[str, None](), list[int]()
    for _ in range(2):
        assert kept.get("a", lambda: made.append(1)) is None
    assert made == [1]


def test_failure_is_not_kept_and_what_is_kept_needs_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept[str, int]()

    def fails() -> int:
        raise CalculatorError("no")

    with pytest.raises(CalculatorError, match="no"):
        kept.get("a", fails)
    assert kept.get("a", lambda: 1) == 1
    monkeypatch.setattr(turns._SHARED, "take", lambda _, __: None)  # pyright: ignore[reportPrivateUsage]
    assert kept.get("a", fails) == 1
    with pytest.raises(CalculatorError, match="Many people ask"):
        kept.get("b", lambda: 1)


def test_only_what_a_page_waits_for_takes_the_turn_of_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, taken = Kept[str, int](), list[bool]()

    def take(_: float, is_answer: bool) -> Callable[[], None]:
        taken.append(is_answer)
        return lambda: None

    monkeypatch.setattr(turns._SHARED, "take", take)  # pyright: ignore[reportPrivateUsage]
    assert kept.get("a", lambda: 1, of_page=False) == 1
    assert kept.get("b", lambda: 2) == 2
    assert kept.get("a", lambda: 3) == 1
    assert taken == [False, True]
