"""Towers and the words of a checkpoint."""

import pytest
from pydantic import ValidationError

from calculator.catalog.checkpoint import ReleasedWeights, Tower


def test_tower_bytes_are_two_per_parameter_and_none_where_the_layout_is_unknown() -> None:
    assert Tower(kind="vision", parameter_count=460_730_096).size_bytes() == 921_460_192  # Qwen3.5-27B's
    assert Tower(kind="audio").size_bytes() == 0


@pytest.mark.parametrize("values", [{"kind": "smell"}, {"kind": "vision", "parameter_count": 0}])
def test_tower_of_another_kind_or_of_nothing_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Tower.model_validate(values)


def test_released_weights_say_what_mlx_lm_does_with_them() -> None:
    with pytest.raises(ValidationError, match="mlx"):
        ReleasedWeights.model_validate({"method": "fp8", "words": "FP8", "bits": 8, "mlx": "perhaps"})
