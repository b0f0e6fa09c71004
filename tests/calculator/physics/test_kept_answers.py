"""Kept answers: by value where a value is meant, by identity where an entry is, bounded, and never another's."""

import gc
from dataclasses import dataclass, replace

import pytest

from calculator import Deployment, Workload, load_catalog
from calculator.physics.kept_answers import KeptAnswers
from calculator.physics.prediction import memory_and_speeds

CATALOG = load_catalog()
DEPLOYMENT = Deployment.of("rtx-5090-pc", "qwen3-32b", "q4_k_m", catalog=CATALOG)


@dataclass(frozen=True)
class _Asked:
    tokens: float
    names: tuple[str, ...] = ()


def test_equal_values_share_an_answer_and_others_do_not() -> None:
    kept, computed = KeptAnswers[int](), []

    def compute() -> int:
        computed.append(1)
        return len(computed)

    assert kept.answer((_Asked(1.0, ("a",)), 2), compute) == kept.answer((_Asked(1.0, ("a",)), 2), compute) == 1
    others = [
        (_Asked(1.5, ("a",)), 2),
        (_Asked(1.0, ("b",)), 2),
        (_Asked(1.0, ("a",)), 2.0),
        (_Asked(1.0, ("a",)), None),
    ]
    assert [kept.answer(other, compute) for other in others] == [2, 3, 4, 5]


def test_entries_are_told_apart_by_identity_even_when_one_took_anothers_place_in_memory() -> None:
    kept = KeptAnswers[str]()
    for number in range(200):
        entry = {"number": number}  # freed at once, were it not held
        assert kept.answer((entry,), lambda number=number: str(number)) == str(number)
        del entry
        gc.collect(0)


def test_oldest_answer_leaves_and_a_used_one_stays() -> None:
    kept, computed = KeptAnswers[int](most=2), []

    def of(value: int) -> int:
        return kept.answer((value,), lambda: computed.append(value) or value)  # type: ignore[func-returns-value]

    for value in (1, 2, 1, 3, 1, 2):
        assert of(value) == value
    assert computed == [1, 2, 3, 2]


def test_error_is_raised_again_and_not_kept() -> None:
    kept, tries = KeptAnswers[int](), []

    def fails_once() -> int:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("once")
        return 7

    with pytest.raises(ValueError, match="once"):
        kept.answer((1,), fails_once)
    assert kept.answer((1,), fails_once) == 7


def test_prediction_is_kept_and_follows_every_change() -> None:
    first = memory_and_speeds(DEPLOYMENT, Workload(prompt_tokens=2000), catalog=CATALOG)
    assert memory_and_speeds(DEPLOYMENT, Workload(prompt_tokens=2000), catalog=CATALOG) is first
    longer = memory_and_speeds(DEPLOYMENT, Workload(prompt_tokens=4000), catalog=CATALOG)
    crowded = memory_and_speeds(
        replace(DEPLOYMENT, host=replace(DEPLOYMENT.host, desktop_gib=2.0)),
        Workload(prompt_tokens=2000),
        catalog=CATALOG,
    )
    assert longer.memory.peak_bytes > first.memory.peak_bytes
    assert crowded.memory.headroom_bytes < first.memory.headroom_bytes
    other = Deployment.of("rtx-5090-pc", "llama-3-8b", "q4_k_m", catalog=CATALOG)
    assert memory_and_speeds(other, Workload(prompt_tokens=2000), catalog=CATALOG).model == "llama-3-8b"


def test_numbers_that_are_equal_but_of_another_kind_have_answers_of_their_own() -> None:
    kept = KeptAnswers[str]()
    for thing in (1, 1.0, True):
        assert kept.answer((thing,), lambda thing=thing: repr(thing)) == repr(thing)
    assert [kept.answer((thing,), str) for thing in (1, 1.0, True)] == ["1", "1.0", "True"]
