"""Kept answers about draws: by content, bounded, and never those of other draws."""

from collections import OrderedDict

import numpy as np
import pytest

from calculator.finance import kept_draws
from calculator.finance.kept_draws import KeptDraws, forget_all, read_only


def test_same_draws_find_their_answer_and_others_do_not() -> None:
    kept, draws = KeptDraws[float](most=8), np.linspace(0.0, 1.0, 50)
    asked: list[float] = []

    def answer(values: object, name: str = "sum") -> float:
        def compute() -> float:
            asked.append(float(np.sum(np.asarray(values))))
            return asked[-1]

        return kept.answer(values, name, compute=compute)  # type: ignore[arg-type]

    assert answer(draws) == answer(draws.copy()) == 25.0
    assert len(asked) == 1
    assert answer(draws + 1) == 75.0
    assert answer(draws, "another") == 25.0
    assert len(asked) == 3
    draws[0] = 10.0  # changed in place
    assert answer(draws) == pytest.approx(35.0)
    assert len(asked) == 4


def test_answers_are_bounded_and_the_oldest_goes_first() -> None:
    kept = KeptDraws[int](most=2)
    for number in (1, 2, 1, 3):
        kept.answer(number, compute=lambda number=number: number)
    assert len(kept) == 2
    assert kept.answer(1, compute=lambda: -1) == 1
    assert kept.answer(2, compute=lambda: -2) == -2


def test_answers_weigh_no_more_together_than_they_may() -> None:
    kept = KeptDraws[str](most=10, weigh=len)
    for word in ("aaaa", "bbb", "cc", "dddd"):
        kept.answer(word, compute=lambda word=word: word)
    assert len(kept) == 3
    assert kept.answer("bbb", compute=lambda: "anew") == "bbb"
    assert kept.answer("aaaa", compute=lambda: "anew") == "anew"
    kept.answer("too heavy", compute=lambda: "x" * 11)
    assert len(kept) == 0
    kept.answer("light", compute=lambda: "x")
    assert len(kept) == 1


def test_error_is_not_kept() -> None:
    kept = KeptDraws[int](most=2)
    with pytest.raises(ZeroDivisionError):
        kept.answer("x", compute=lambda: 1 // 0)
    assert kept.answer("x", compute=lambda: 7) == 7


def test_draws_that_take_the_place_of_others_in_memory_get_their_own_answer() -> None:
    kept = KeptDraws[float](most=1_000)
    for number in range(500):
        draws = np.full(16, float(number))
        read_only(draws)
        assert kept.answer(draws, compute=lambda draws=draws: float(draws[0])) == number


def test_what_is_read_only_cannot_be_changed() -> None:
    draws = np.zeros(3)
    assert read_only(draws) is draws
    with pytest.raises(ValueError, match="read-only"):
        draws[0] = 1.0
    assert read_only(2.5) == 2.5


def test_same_bytes_of_another_kind_or_shape_are_another_key() -> None:
    kept = KeptDraws[int](most=9)
    ones = np.ones(4)
    asked = [ones, ones.view(np.int64), ones.reshape(2, 2), ones.copy()]
    made: list[int] = []
    found = [kept.answer(one, compute=lambda: made.append(1) or len(made)) for one in asked]
    assert found == [1, 2, 3, 1]


def test_read_only_draws_find_their_answer_again_and_are_digested_once(monkeypatch: pytest.MonkeyPatch) -> None:
    digests: OrderedDict[int, object] = OrderedDict()
    monkeypatch.setattr(kept_draws, "_DIGESTS", digests)
    kept, draws = KeptDraws[str](most=8), np.full(50, 0.5)
    read_only(draws)
    assert [kept.answer(draws, compute=lambda word=word: word) for word in ("first", "again")] == ["first", "first"]
    assert list(digests) == [id(draws)]
    assert kept.answer(draws.copy(), compute=lambda: "anew") == "first"  # a copy may change: it leaves no digest
    assert list(digests) == [id(draws)]


def test_read_only_view_of_draws_that_change_gets_a_new_answer() -> None:
    kept, draws = KeptDraws[float](most=8), np.zeros(3)
    view = draws[:]
    read_only(view)
    assert kept.answer(view, compute=lambda: float(view.sum())) == 0
    draws[0] = 5.0
    assert kept.answer(view, compute=lambda: float(view.sum())) == 5


def test_digests_are_bounded_and_the_one_asked_longest_ago_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    digests: OrderedDict[int, object] = OrderedDict()
    monkeypatch.setattr(kept_draws, "_DIGESTS", digests)
    monkeypatch.setattr(kept_draws, "MOST_DIGESTS", 2)
    kept = KeptDraws[int](most=8)
    first, second, third = (np.full(3, float(number)) for number in range(3))
    for draws in (first, second, first, third):
        read_only(draws)
        kept.answer(draws, compute=lambda: 0)
    assert list(digests) == [id(first), id(third)]


def test_nothing_is_kept_after_all_is_let_go() -> None:
    kept = KeptDraws[str](most=9, weigh=len)
    assert kept.answer(1, compute=lambda: "12345678") == "12345678"
    kept.clear()
    assert len(kept) == 0
    assert kept.answer(1, compute=lambda: "87654321") == "87654321"
    assert kept.answer(1, compute=lambda: "") == "87654321"  # the weight of what went is gone, too


def test_all_that_is_kept_anywhere_can_go_at_once() -> None:
    one, other = KeptDraws[int](most=4), KeptDraws[int](most=4)
    made: list[int] = []
    draws = np.arange(5.0)
    draws.flags.writeable = False

    def compute() -> int:
        made.append(1)
        return 7

    for kept in (one, other, one):
        assert kept.answer(draws, compute=compute) == 7
    assert len(made) == 2
    forget_all()
    assert len(one) == len(other) == 0
    assert one.answer(draws, compute=compute) == 7
    assert len(made) == 3
