"""Speculative and multi-token decoding: the speed when a draft is checked, for an acceptance that the user gives.

A cheap draft guesses n tokens, the model checks them in one step, and the accepted ones are kept together with one
token of the model's own. How often a guess is right depends on the text and the draft, so it is never predicted here.
"""

from dataclasses import dataclass, replace

from calculator.catalog.calibration import Calibration
from calculator.catalog.deployment import Deployment, Workload
from calculator.errors import ScenarioError
from calculator.physics.speed.classes import Conditions
from calculator.physics.speed.decode import decode_cells, decode_estimate
from calculator.physics.speed.ranges import speed_of
from calculator.physics.speed.speed import Speed
from calculator.units import MS_PER_S, digits, plain_number

MOST_DRAFT_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Drafts:
    """What is guessed ahead: tokens per step, the share of them that is kept, and the time of one against a plain step.

    Raises ScenarioError outside 1..64 tokens, 0..1 and 0..1.
    """

    token_count: int
    acceptance_fraction: float
    time_fraction: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not 1 <= self.token_count <= MOST_DRAFT_TOKENS:
            raise ScenarioError(f"draft_tokens is {self.token_count}; it must lie in 1..{MOST_DRAFT_TOKENS}.")
        if not 0 <= self.acceptance_fraction <= 1:
            raise ScenarioError(
                f"acceptance is {self.acceptance_fraction}; it must lie in 0..1, the share of guessed tokens that is "
                "kept. Enter 0.7 for 70 %."
            )
        if not 0 <= self.time_fraction <= 1:
            raise ScenarioError(
                f"draft_cost is {self.time_fraction}; it must lie in 0..1, a draft token's time as a share of the "
                "model's own step."
            )


def expected_tokens_per_check(drafts: Drafts) -> float:
    """Tokens kept per checking step, the model's own included.

    E = 1 + a + ... + a^n = (1 - a^(n+1)) / (1 - a): n draft tokens, each right with probability a if those before it
    were. A chain of guesses, not a tree. Source: Leviathan, Kalman, Matias 2023, Fast Inference from Transformers via
    Speculative Decoding, equation 1 (https://arxiv.org/abs/2211.17192, checked 2026-11-22).

    >>> expected_tokens_per_check(Drafts(token_count=2, acceptance_fraction=0.5))
    1.75
    """
    return sum(drafts.acceptance_fraction**power for power in range(drafts.token_count + 1))


def speculative_decode_speed(
    deployment: Deployment, workload: Workload, *, drafts: Drafts, calibration: Calibration
) -> Speed:
    """Tokens per second over all streams when each step checks a draft of n tokens.

    ms = ms of a step with (n + 1) x batch_count tokens that read batch_count caches + n x c x ms of a plain step;
    tokens/s = batch_count x E / ms. The checking step is the law's own batch: its arithmetic, and of a mixture of
    experts those that n + 1 tokens touch; each token's cache is taken as context / (n + 1), which reads as many bytes
    in all. c is the time of one draft token as a share of a plain step: 0 for a look-up in the prompt, a few
    hundredths for a small model or the model's own prediction layer. The range is the speeds' own; the acceptance
    counts as given. Valid for a few draft tokens; beyond 16 tokens to check the batch is one of several streams'
    laws. 32 published pairs with and without lie inside what acceptances of 0.5 to 1 allow (docs/model/speed.md).
    """
    kept = expected_tokens_per_check(drafts)
    checked = drafts.token_count + 1
    batch_count, context_tokens = workload.batch_count, workload.decode_context()

    def speed(*, batch: int, context: float) -> Speed:
        asked = replace(workload, batch_count=batch, decode_context_tokens=context)
        conditions = Conditions(served=batch_count > 1)
        found = decode_estimate(deployment, asked, conditions=conditions, calibration=calibration)
        cells = decode_cells(deployment, asked)
        chip = deployment.hardware.chip
        return speed_of(found, law=calibration.decode, tokens=float(batch), chip=chip, cells=cells)

    plain = speed(batch=batch_count, context=context_tokens)
    check = speed(batch=batch_count * checked, context=context_tokens / checked)

    def at(check_tokens_per_s: float, plain_tokens_per_s: float) -> float:
        check_ms = MS_PER_S * batch_count * checked / check_tokens_per_s
        draft_ms = drafts.token_count * drafts.time_fraction * MS_PER_S * batch_count / plain_tokens_per_s
        return MS_PER_S * batch_count * kept / (check_ms + draft_ms)

    return replace(
        check,
        low=at(check.low, plain.low),
        central=at(check.central, plain.central),
        high=at(check.high, plain.high),
        note=f"{kept:.2f} tokens kept per step of {checked} at your acceptance of "
        f"{plain_number(drafts.acceptance_fraction)}; {digits(plain.central, 3)} tokens/s without drafts",
    )
