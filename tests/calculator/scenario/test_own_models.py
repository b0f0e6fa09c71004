"""A model of one's own: described by its card's figures, or whole, and what follows from either."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator import Scenario, compare, load_catalog
from calculator.errors import ScenarioError
from calculator.physics.memory.kv_cache import kv_cache_bytes
from calculator.scenario.own_models import DescribedModel, own_model, parsed_own_models

CATALOG = load_catalog()
DENSE = {"parameters_b": 70.55, "layer_count": 80, "kv_head_count": 8, "head_dim": 128}
MIXTURE = {**DENSE, "parameters_b": 117, "active_parameters_b": 5.1, "layer_count": 36, "head_dim": 64}


def test_described_mixture_has_the_parameters_of_its_card() -> None:
    model = own_model("mine", DescribedModel.model_validate(MIXTURE))
    assert model.parameter_count() == pytest.approx(117e9, rel=1e-3)
    assert model.active_parameter_count() == pytest.approx(5.1e9, rel=1e-3)
    assert (model.layer_count, model.kv_head_count, model.head_dim) == (36, 8, 64)


@given(
    st.floats(1, 2000), st.floats(0.02, 1), st.integers(8, 120), st.sampled_from([2, 4, 8]), st.sampled_from([64, 128])
)
def test_parameters_in_all_and_per_token_are_met_or_the_description_is_refused(
    parameters_b: float, share: float, layers: int, heads: int, head_dim: int
) -> None:
    row = {"parameters_b": parameters_b, "active_parameters_b": parameters_b * share, "layer_count": layers}
    try:
        parsed = parsed_own_models({"m": {**row, "kv_head_count": heads, "head_dim": head_dim}})["m"]
    except ValueError as error:
        assert "attention and vocabulary of" in str(error) or "attention, vocabulary and one expert" in str(error)
        return
    model = own_model("m", parsed)
    row_count = 3 * model.hidden_dim * layers  # one row of every feed-forward matrix
    for found, wanted, matrices in (
        (model.parameter_count(), parameters_b, model.expert_count + 1),
        (model.active_parameter_count(), parameters_b * share, model.active_expert_count + 1),
    ):
        assert abs(found - wanted * 1e9) <= row_count * matrices


def test_described_dense_model_is_near_the_real_one_of_its_figures() -> None:
    real, mine = CATALOG.models["llama-3-70b"], own_model("mine", DescribedModel.model_validate(DENSE))
    assert mine.parameter_count() == pytest.approx(real.parameter_count(), rel=2e-3)
    tokens = 8192
    cache = {
        name: kv_cache_bytes(one, context_tokens=tokens, runtime=CATALOG.runtime("llama.cpp"))
        for name, one in (("real", real), ("mine", mine))
    }
    assert cache["mine"] == cache["real"]


def test_whole_model_answers_as_the_catalogues_own_does() -> None:
    whole = CATALOG.models["qwen3-30b-a3b"].model_dump(mode="json")
    options = ("dual-rtx-4090-am5", "mac-studio-m5-ultra-96")
    theirs = compare(Scenario(model="qwen3-30b-a3b", options=options), CATALOG, draw_count=0)
    scenario = Scenario.parse({"model": "mine", "own_models": {"mine": whole}, "options": options})
    ours = compare(scenario, CATALOG, draw_count=0)
    for one, other in zip(theirs.options, ours.options, strict=True):
        assert one.memory == other.memory
        assert one.tco is not None
        assert other.tco is not None
        assert one.tco.total_cost_usd == pytest.approx(other.tco.total_cost_usd, rel=1e-3)  # speeds fitted by name


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"parameters_b": 70}, "own_models.x: layer_count is missing. Add it."),
        ({"model_type": "llama", "hidden_size": 4096}, "own_models.x is a config.json. Describe it first: `python -m"),
        ({**DENSE, "active_parameters_b": 80}, "own_models.x: active_parameters_b is 80; it must not exceed"),
        (
            {**DENSE, "parameters_b": 7, "kv_head_count": 128},
            "own_models.x: attention and vocabulary of 80 layers, 128",
        ),
        (
            {**MIXTURE, "expert_count": 2},
            "own_models.x: active_parameters_b is 5.1; attention, vocabulary and one expert of 2 take more.",
        ),
        ({**DENSE, "experts": 8}, "own_models.x: experts is not a known key. Did you mean expert_count?"),
        ({"tensors": [], "name": "x"}, "own_models.x: family is missing. Add it."),
        (3, "own_models.x is 3; it must be a table of figures. Write parameters_b = 70."),
    ],
)
def test_mistake_in_a_description_is_said(row: Any, says: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        Scenario.parse({"own_models": {"x": row}})
    assert str(refused.value).startswith(says)


def test_described_model_that_is_no_table_or_a_bare_config_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"own_models\.mine is 70b; it must be a table of figures\."):
        parsed_own_models({"mine": "70b"})
    with pytest.raises(ValueError, match=r"own_models\.mine is a config\.json\. Describe it first"):
        parsed_own_models({"mine": {"num_hidden_layers": 80, "hidden_size": 8192}})
    assert parsed_own_models("no rows") == "no rows"


def test_described_model_takes_the_width_that_is_given() -> None:
    given = own_model("mine", DescribedModel.model_validate({**DENSE, "hidden_dim": 8_192}))
    assert given.hidden_dim == 8_192
    assert own_model("mine", DescribedModel.model_validate(DENSE)).hidden_dim != 0


@pytest.mark.parametrize("name", ["", "  "])
def test_whole_model_without_a_name_is_called_by_its_id(name: str) -> None:
    whole = CATALOG.models["llama-3-8b"]
    assert own_model("mine", whole.model_copy(update={"name": name})).name == "mine"
    assert own_model("mine", whole) is whole
