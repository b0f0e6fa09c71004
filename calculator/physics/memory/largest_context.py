"""Longest context that fits: how many tokens one sequence may hold before the memory is full."""

from dataclasses import dataclass

from calculator.catalog import Catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.physics.memory.memory_fit import MemoryFit, memory_fit

MOST_TOKENS = 10_000_000
"""Where the search stops: longer than any model reads."""


@dataclass(frozen=True, slots=True)
class LargestContext:
    """Tokens of one sequence: what memory holds, what the model supports, and the lesser of the two.

    `memory_tokens` is 0 where not even the weights fit; `fit` is the memory at `tokens`, or at one token then.
    """

    memory_tokens: int
    model_tokens: int
    fit: MemoryFit

    @property
    def tokens(self) -> int:
        """The longest context that one can use."""
        return min(self.memory_tokens, self.model_tokens)


def largest_context(
    deployment: Deployment, catalog: Catalog, *, held_count: int = 1, most_tokens: int = MOST_TOKENS
) -> LargestContext:
    """The longest context at which `held_count` sequences of it fit, by halving: need grows with every token.

    Exact to the token for the memory that `memory_fit` counts, with a prompt that fills the whole context (its work
    space included). Raises ScenarioError as `memory_fit` does.
    """

    def at(tokens: int) -> MemoryFit:
        return memory_fit(
            deployment, Workload(prompt_tokens=tokens, context_tokens=tokens, held_count=held_count), catalog=catalog
        )

    limit = deployment.model.context_limit_tokens
    if not at(1).fits:
        return LargestContext(0, limit, at(1))
    low, high = 1, most_tokens
    while low < high:
        middle = (low + high + 1) // 2
        if at(middle).fits:
            low = middle
        else:
            high = middle - 1
    return LargestContext(low, limit, at(min(low, limit)))
