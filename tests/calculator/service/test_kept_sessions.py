"""Open sessions: memory says how many keep their text, and what is read anew follows."""

import pytest

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.deployment import Workload
from calculator.catalog.options import CloudOffer, Machine
from calculator.physics.memory.memory_fit import memory_fit
from calculator.scenario.scenario import Scenario
from calculator.service import kept_sessions
from calculator.service.capability import Capability, _deployments, capability_of, scenario_model
from calculator.service.peak_hour import work_of

MACHINE = "mac-studio-m5-ultra-96"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def _agents(sessions: int) -> Scenario:
    return Scenario(
        model="qwen3-32b",
        prompt_tokens=30_000,
        retrieved_tokens=0,
        answer_tokens=500,
        cached_prompt_fraction=0.9,
        concurrent_request_count=1,
        open_session_count=sessions,
    )


def _found(scenario: Scenario, catalog: Catalog) -> Capability:
    option = catalog.option(MACHINE)
    assert isinstance(option, Machine | CloudOffer)
    return capability_of(option, scenario=scenario, model=scenario_model(scenario, catalog), catalog=catalog)


def test_sessions_that_are_kept_are_the_most_that_fit(catalog: Catalog) -> None:
    """Against a plain count up from one session."""
    scenario = _agents(60)
    option = catalog.option(MACHINE)
    assert isinstance(option, Machine)
    model = scenario_model(scenario, catalog)
    ((_, deployment),) = _deployments(
        option, catalog.runtime(option.runtime), scenario=scenario, model=model, catalog=catalog
    )
    count = 0
    while memory_fit(
        deployment, Workload(prompt_tokens=30_000, context_tokens=30_500, held_count=count + 1), catalog=catalog
    ).fits:
        count += 1
    assert 1 < count < 60
    assert kept_sessions.kept_fraction(deployment, 1, scenario=scenario, catalog=catalog) == count / 60


def test_no_open_sessions_take_the_cached_share_as_it_is(catalog: Catalog) -> None:
    found = _found(_agents(0), catalog)
    assert found.kept_fraction == 1.0
    assert not [remark for remark in found.remarks if remark.code == "sessions-evicted"]


def test_sessions_beyond_the_memory_are_read_anew(catalog: Catalog) -> None:
    few, many = _agents(2), _agents(200)
    kept, evicted = _found(few, catalog), _found(many, catalog)
    assert kept.kept_fraction == 1.0 > evicted.kept_fraction > 0
    share = 1 - 0.9 * evicted.kept_fraction
    assert work_of(evicted, scenario=many).prefill_s == pytest.approx(
        work_of(kept, scenario=few).prefill_s * share / (1 - 0.9)
    )
    assert evicted.prediction is not None
    assert kept.prediction is not None
    slow, fast = evicted.prediction.time_to_first_token, kept.prediction.time_to_first_token
    assert slow is not None
    assert fast is not None
    assert slow.central / fast.central == pytest.approx(share / (1 - 0.9))
    (remark,) = [one for one in evicted.remarks if one.code == "sessions-evicted"]
    assert "of 200 open sessions in memory" in remark.text
