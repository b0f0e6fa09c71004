"""Sessions of many turns: an agent or a chat sends the whole conversation again with each turn.

The first turn reads its prompt. Each later one reads all of the turn before, that turn's answer, and what is new (what a
tool returned, the next question). Where the cache of the turns before is kept, only what is new is read; the answers
are in the cache already, since they were written there.
"""

from dataclasses import dataclass

from calculator.number import require


@dataclass(frozen=True, slots=True)
class Session:
    """One session: `turn_count` requests that build on each other.

    first_tokens: prompt of the first turn (instructions, tools, task). new_tokens: read anew at each later turn, tool
    output above all. answer_tokens: written at each turn, and part of the context from then on. kept_fraction: share of
    what could come from the cache that really does; 1 where no turn loses any of it.
    Raises ScenarioError for fewer than one turn, negative tokens, or a share outside 0..1.
    """

    turn_count: int
    first_tokens: float
    new_tokens: float
    answer_tokens: float
    kept_fraction: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        require("turn_count", self.turn_count, low=1)
        require("first_tokens", self.first_tokens, low=1)
        require("new_tokens", self.new_tokens, low=0)
        require("answer_tokens", self.answer_tokens, low=1)
        require("kept_fraction", self.kept_fraction, low=0, high=1)

    @property
    def input_tokens(self) -> float:
        """Mean input of a turn: first + (turns - 1)/2 x (new + answer)."""
        return self.first_tokens + (self.turn_count - 1) / 2 * (self.new_tokens + self.answer_tokens)

    @property
    def cached_fraction(self) -> float:
        """Share of the input that is in the cache: kept x (1 - (first + (turns - 1) new) / (turns x mean input))."""
        fresh = self.first_tokens + (self.turn_count - 1) * self.new_tokens
        return self.kept_fraction * (1 - fresh / (self.turn_count * self.input_tokens))

    @property
    def longest_tokens(self) -> float:
        """Context at the end: the last turn's input and its answer."""
        return self.first_tokens + (self.turn_count - 1) * (self.new_tokens + self.answer_tokens) + self.answer_tokens

    def values(self) -> dict[str, float]:
        """The scenario's values of such sessions: mean input, answer, cached share, and the context kept free."""
        return {
            "prompt_tokens": round(self.input_tokens),
            "retrieved_tokens": 0,
            "answer_tokens": max(1, round(self.answer_tokens)),
            "cached_prompt_fraction": float(f"{self.cached_fraction:.3g}"),
            "reserved_context_tokens": round(self.longest_tokens),
        }
