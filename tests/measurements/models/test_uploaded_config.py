"""Uploaded config.json: one sentence for a file that is none."""

import pytest

from calculator.errors import CalculatorError
from measurements.models.uploaded_config import model_of_config


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is not valid JSON"),
        (b"[]", "has no model_type"),
        (b"\xff", "is not valid JSON"),
        (b'{"model_type": "llama", "n_layer": 1000000000}', "n_layer is 1000000000"),
        (b" " * 1_000_001, "has more than 1,000,000 bytes"),
    ],
)
def test_config_that_is_none_is_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(CalculatorError, match=said):
        model_of_config("x.json", content)
