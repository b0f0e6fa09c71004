"""The words that a field of the scenario takes, and its numbers of machines where it takes those too."""

from typing import Any, Literal, get_args, get_origin

from calculator.scenario.repair import MOST_MACHINES


def choices_of(annotation: Any) -> list[str | int]:
    """What a field of words takes; empty for a field of numbers or free text.

    >>> choices_of(Literal["cash", "present-value"]), choices_of(float)
    (['cash', 'present-value'], [])
    """
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    if not any(get_origin(part) is Literal for part in get_args(annotation)):
        return []
    choices: list[str | int] = []
    for part in get_args(annotation):
        choices += range(1, MOST_MACHINES + 1) if part is int else get_args(part)
    return choices


def words_of_choice(choice: str | int) -> str:
    """A choice in words instead of its id.

    >>> words_of_choice("best-that-fits"), words_of_choice("4-bit"), words_of_choice("as-released")
    ('the best that fits', '4 bits', 'as released')
    """
    text = str(choice)
    if text.endswith("-bit"):
        return text.replace("-bit", " bits")
    return _WORDS.get(text) or text.replace("-", " ")


def words_of_basis(basis: str) -> str:
    """How a speed is known, in the words of every page.

    >>> words_of_basis("fitted"), words_of_basis("imported"), words_of_basis("")
    ('estimated', 'measured elsewhere', 'unknown')
    """
    return _BASES.get(basis, basis) or "unknown"


_BASES = {
    "same chip": "measured elsewhere, same chip",
    "imported": "measured elsewhere",
    "published": "measured, published",
    "fitted": "estimated",
    "claim": "a claim",
}
_WORDS = {"best-that-fits": "the best that fits", "auto": "as many as it takes"}
