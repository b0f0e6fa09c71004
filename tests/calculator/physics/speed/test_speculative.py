"""Speculative decoding: tokens kept per step, and published pairs with and without drafts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.catalog.models import Split
from calculator.errors import ScenarioError
from calculator.physics.speed.classes import Conditions
from calculator.physics.speed.decode import decode_cells, decode_estimate, decode_speed
from calculator.physics.speed.ranges import speed_of
from calculator.physics.speed.speculative import Drafts, expected_tokens_per_check, speculative_decode_speed

CATALOG = load_catalog()


# chip, cards, split, draft tokens, tokens/s without and with: Qwen3.8 27B on llama.cpp with its own prediction layer,
# github.com/sudoingX/qwen38-mtp README.md of 2026-08-18.
PAIRS: list[tuple[str, int, Split, int, float, float]] = [
    ("nvidia-rtx-3090", 1, "layer", 2, 41.3, 63.5),
    ("nvidia-rtx-3090", 1, "layer", 4, 31.9, 52.8),
    ("nvidia-rtx-3090", 1, "layer", 6, 39.8, 61.5),
    ("nvidia-rtx-3090-ti", 1, "layer", 2, 42.0, 60.9),
    ("nvidia-rtx-4090", 1, "layer", 2, 47.0, 83.4),
    ("nvidia-rtx-6000-ada", 1, "layer", 2, 26.7, 52.5),
    ("nvidia-rtx-5090", 1, "layer", 2, 61.9, 130.0),
    ("nvidia-rtx-3090", 1, "layer", 2, 43.9, 79.6),
    ("nvidia-rtx-5060-ti-16", 2, "layer", 2, 22.1, 42.8),
    ("nvidia-rtx-5090", 1, "layer", 4, 61.4, 135.0),
    ("nvidia-rtx-5090", 1, "layer", 3, 62.7, 108.7),
    ("nvidia-rtx-pro-6000", 1, "layer", 2, 63.8, 91.5),
    ("nvidia-rtx-5060-ti-16", 2, "tensor", 3, 38.3, 76.0),
    ("amd-strix-halo-128", 1, "layer", 2, 11.5, 23.7),
    ("amd-strix-halo-128", 1, "layer", 12, 10.5, 21.8),
    ("apple-m4-10", 1, "layer", 2, 5.8, 5.8),
]


def _gain(*, chip: str, cards: int, split: Split, drafts: Drafts) -> tuple[float, float, float]:
    """Low, central and high speed with drafts over the central speed without."""
    deployment = Deployment.of(chip, "qwen3.8-27b", "q4_k_m", chip_count=cards, catalog=CATALOG)
    deployment, workload = replace(deployment, split=split), Workload(context_tokens=500)
    found = speculative_decode_speed(deployment, workload, drafts=drafts, calibration=CATALOG.calibration)
    plain = decode_speed(deployment, workload, calibration=CATALOG.calibration).central
    return found.low / plain, found.central / plain, found.high / plain


def test_expected_tokens_per_check_are_leviathans() -> None:
    # a 0.5, n 2: 1 + 0.5 + 0.25; closed form (1 - 0.5^3) / (1 - 0.5) = 0.875 / 0.5
    assert expected_tokens_per_check(Drafts(2, 0.5)) == pytest.approx(1.75)
    assert expected_tokens_per_check(Drafts(4, 0.8)) == pytest.approx((1 - 0.8**5) / (1 - 0.8))
    assert expected_tokens_per_check(Drafts(7, 1.0)) == 8
    assert expected_tokens_per_check(Drafts(7, 0.0)) == 1


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0]} {pair[3]}")
def test_published_gain_lies_between_acceptances(pair: tuple[str, int, Split, int, float, float]) -> None:
    """The gain that was measured is one that some acceptance of 0.5 to 1 gives, within the law's range."""
    chip, cards, split, tokens, without, with_drafts = pair
    gains = [_gain(chip=chip, cards=cards, split=split, drafts=Drafts(tokens, share, 0.03)) for share in (0.5, 1.0)]
    assert gains[0][0] <= with_drafts / without <= gains[1][2]


def test_no_draft_that_is_right_is_a_loss() -> None:
    """Nothing accepted: a step costs more and keeps one token."""
    low, central, high = _gain(chip="nvidia-rtx-4090", cards=1, split="layer", drafts=Drafts(4, 0.0, 0.05))
    assert low < central < 1
    assert high < 2


@given(tokens=some.integers(1, 15), lower=some.floats(0, 1), upper=some.floats(0, 1), cost=some.floats(0, 1))
def test_more_accepted_is_never_slower(tokens: int, lower: float, upper: float, cost: float) -> None:
    lower, upper = sorted((lower, upper))
    slow = _gain(chip="apple-m4-max-40", cards=1, split="layer", drafts=Drafts(tokens, lower, cost))
    fast = _gain(chip="apple-m4-max-40", cards=1, split="layer", drafts=Drafts(tokens, upper, cost))
    assert fast[1] >= slow[1]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"token_count": 0, "acceptance_fraction": 0.5}, "draft_tokens is 0; it must lie in 1..64"),
        ({"token_count": 2, "acceptance_fraction": 70.0}, "Enter 0.7 for 70 %"),
        ({"token_count": 2, "acceptance_fraction": float("nan")}, "acceptance is nan"),
        ({"token_count": 2, "acceptance_fraction": 0.5, "time_fraction": 2.0}, "draft_cost is 2.0"),
    ],
)
def test_impossible_drafts_are_refused(wrong: dict[str, float], says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        Drafts(**wrong)  # pyright: ignore[reportArgumentType]  (wrong on purpose)


@pytest.mark.parametrize("batch_count", [1, 2, 4])
def test_draft_takes_its_share_of_a_plain_step_for_each_of_its_tokens(batch_count: int) -> None:
    """Seconds of a round with drafts less those of one whose drafts cost nothing: tokens x share x a plain step."""
    deployment = Deployment.of("nvidia-rtx-4090", "qwen3.8-27b", "q4_k_m", catalog=CATALOG)
    workload = Workload(context_tokens=500, batch_count=batch_count)

    def round_s(share: float) -> float:
        drafts = Drafts(3, 0.5, share)
        speed = speculative_decode_speed(deployment, workload, drafts=drafts, calibration=CATALOG.calibration)
        return batch_count * expected_tokens_per_check(drafts) / speed.central

    def step_s(asked: Workload) -> float:
        served, law = Conditions(served=batch_count > 1), CATALOG.calibration.decode
        found = decode_estimate(deployment, asked, conditions=served, calibration=CATALOG.calibration)
        cells, chip = decode_cells(deployment, asked), deployment.hardware.chip
        tokens = float(asked.batch_count)
        return tokens / speed_of(found, law=law, tokens=tokens, chip=chip, cells=cells).central

    checked = replace(workload, batch_count=4 * batch_count, decode_context_tokens=workload.decode_context() / 4)
    assert round_s(0.0) == pytest.approx(step_s(checked))
    assert round_s(0.1) - round_s(0.0) == pytest.approx(3 * 0.1 * step_s(workload), rel=1e-6)


def test_drafts_cost_no_time_where_none_is_said() -> None:
    # a look-up in the prompt: only the checking step takes time
    said, silent, dear = (
        _gain(chip="nvidia-rtx-4090", cards=1, split="layer", drafts=drafts)
        for drafts in (Drafts(3, 0.5, 0.0), Drafts(3, 0.5), Drafts(3, 0.5, 0.1))
    )
    assert silent == said
    assert dear[1] < silent[1]
