"""One model on one machine, asked by a program: the library's own answer, and refusals in sentences."""

from pathlib import Path
from typing import Any

import pytest

from calculator import Deployment, Workload, load_catalog, predict
from calculator.errors import CalculatorError, ScenarioError, UnknownIdError
from calculator.report.prediction_question import PredictionQuestion

CATALOG = load_catalog()
ASKED = {"machine": "rtx-5090-pc", "model": "qwen3-32b", "format": "q4_k_m"}


def test_answer_is_the_librarys_own() -> None:
    asked = PredictionQuestion.parse({**ASKED, "prompt_tokens": "4000", "batch": "4"})
    deployment = Deployment.of("rtx-5090-pc", "qwen3-32b", "q4_k_m", catalog=CATALOG)
    assert asked.answer(CATALOG) == predict(deployment, Workload(prompt_tokens=4000, batch_count=4), CATALOG)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"batch": "x"}, r"batch is 'x'; it must be a whole number in 1\.\.4096\."),
        ({"batch": 0}, "batch is 0; it must lie in"),
        ({"batch": "9" * 5_000}, "^.{0,300}$"),
        ({"memory_gib": "nan"}, "memory_gib is nan; it must be a finite number"),
        ({"modell": "a"}, "modell is not a known key. Did you mean model?"),
        ({"split": "both"}, "split is 'both'; allowed: 'layer' or 'tensor'"),
        ({"draft_tokens": 4}, "needs both draft_tokens and acceptance"),
        ({"draft_format": "q8_0"}, "draft_format needs draft_model"),
        ({"count": 0}, "count is 0; it must lie in 1..64"),
    ],
)
def test_wrong_value_is_refused_in_a_sentence(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        PredictionQuestion.parse({**ASKED, **values}).answer(CATALOG)


@pytest.mark.parametrize("name", ["prompt_tokens", "context_tokens", "batch", "prefill_step", "max_num_seqs"])
def test_largest_value_named_in_a_refusal_is_answered(name: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        PredictionQuestion.parse({**ASKED, name: 0})
    most = int(str(refused.value).rpartition("..")[2].rstrip(".").replace(",", ""))
    PredictionQuestion.parse({**ASKED, name: most}).answer(CATALOG)
    with pytest.raises(ScenarioError, match=f"{name} is {most + 1}; it must lie in"):
        PredictionQuestion.parse({**ASKED, name: most + 1})


def test_missing_values_are_all_named() -> None:
    with pytest.raises(ScenarioError) as refused:
        PredictionQuestion.parse({"machine": "rtx-5090-pc"})
    assert str(refused.value) == "model is missing. Add it.\nformat is missing. Add it."


def test_no_file_is_read_where_only_ids_are_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that exists and one that does not are answered alike; a long path would be shortened in what is said."""
    monkeypatch.chdir(tmp_path)
    Path("qqqqqqqq-1.toml").write_text("id = 'x'")
    said: list[str] = []
    for path in ("./qqqqqqqq-1.toml", "./qqqqqqqq-2.toml"):
        with pytest.raises(UnknownIdError) as refused:
            PredictionQuestion.parse({**ASKED, "model": path}).answer(CATALOG)
        assert path in str(refused.value)
        said.append(str(refused.value).replace(path, "PATH"))
    assert said[0] == said[1]


def test_phantom_is_refused_with_the_nearest_real_ones() -> None:
    with pytest.raises(CalculatorError, match="never shipped an M4 Ultra"):
        PredictionQuestion.parse({**ASKED, "machine": "m4-ultra"}).answer(CATALOG)
