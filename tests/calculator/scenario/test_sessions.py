"""Sessions of many turns against a plain walk through them, and the presets that rest on them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.errors import ScenarioError
from calculator.scenario.presets import preset
from calculator.scenario.scenario import Scenario
from calculator.scenario.sessions import Session
from calculator.service.capability import capability_of, scenario_model
from calculator.service.peak_hour import work_of

sessions = st.builds(
    Session,
    st.integers(1, 60),
    st.integers(1, 20_000),
    st.integers(0, 5_000),
    st.integers(1, 3_000),
    st.floats(0, 1),
)


@given(sessions)
def test_session_equals_a_walk_through_its_turns(session: Session) -> None:
    context, read, fresh = 0.0, 0.0, 0.0
    for turn in range(session.turn_count):
        new = session.first_tokens if turn == 0 else session.new_tokens
        read += context + new
        fresh += new
        context += new + session.answer_tokens
    assert session.input_tokens == pytest.approx(read / session.turn_count)
    assert session.longest_tokens == pytest.approx(context)
    assert session.cached_fraction == pytest.approx(session.kept_fraction * (1 - fresh / read), abs=1e-12)
    assert 0 <= session.cached_fraction < 1


def test_single_turn_has_nothing_in_the_cache() -> None:
    assert Session(1, 500, 100, 50).cached_fraction == 0
    assert Session(1, 500, 100, 50).values()["prompt_tokens"] == 500


@pytest.mark.parametrize(
    "wrong", [(0, 1, 0, 1, 1), (1, 0, 0, 1, 1), (1, 1, -1, 1, 1), (1, 1, 0, 0, 1), (1, 1, 0, 1, 2)]
)
def test_session_that_cannot_be_is_refused(wrong: tuple[int, float, float, float, float]) -> None:
    with pytest.raises(ScenarioError):
        Session(*wrong)


REPLAY = Session(turn_count=21, first_tokens=1545, new_tokens=1173, answer_tokens=184)
"""AA-AgentPerf-Local's replay: 168 turns of 8 tasks; 2,539,617 tokens read and 30,883 written in a run of 2026-10-02;
the first turn of its django-15851 has 1,545."""


def test_session_of_the_replay_has_its_published_sums() -> None:
    assert REPLAY.turn_count * 8 == 168
    assert REPLAY.input_tokens * 168 == pytest.approx(2_539_617, rel=1e-3)
    assert REPLAY.answer_tokens * 168 == pytest.approx(30_883, rel=1e-2)
    assert 0.73 <= REPLAY.cached_fraction <= 0.93


def test_coding_agent_is_that_session_with_its_published_cache_hits() -> None:
    agents = preset("coding-agent")
    ideal = REPLAY.values()
    assert agents.prompt_tokens == ideal["prompt_tokens"]
    assert agents.answer_tokens == ideal["answer_tokens"]
    assert agents.ranges["cached_prompt_fraction"] == (0.73, 0.83, 0.93)
    assert agents.reserved_context_tokens >= 56_000


def test_prefill_share_of_an_agent_lies_within_what_was_measured() -> None:
    """Published for Qwen3.8 27B: 22 to 41 % of the time at cache hits of 73 to 93 %, on four machines (the M5 Pro in a
    laptop). At the preset's share at least one of them lies within; docs/model/demand.md says why not all."""
    catalog = load_catalog()
    scenario = preset("coding-agent").changed(
        cached_prompt_fraction=0.83, ranges={}, concurrent_request_count=1, open_session_count=1
    )
    assert scenario.model == "qwen3.8-27b"
    shares: dict[str, float] = {}
    for machine in ("dgx-spark", "rtx-5090-pc", "framework-desktop-strix-halo-128", "mac-mini-m5-pro-64"):
        found = capability_of(
            catalog.machines[machine], scenario=scenario, model=scenario_model(scenario, catalog), catalog=catalog
        )
        work = work_of(found, scenario=scenario)
        shares[machine] = float(work.prefill_s / (work.prefill_s + work.decode_1_s))
    assert any(0.22 <= share <= 0.41 for share in shares.values()), shares


@pytest.mark.parametrize("name", ["coding-agent", "rag-assistant", "chat", "batch-extraction"])
def test_workload_presets_name_the_source_of_their_numbers(name: str) -> None:
    from calculator.scenario.presets import PRESETS

    text = (PRESETS / f"{name}.toml").read_text("utf-8")
    assert "Source" in text
    assert "2026" in text
    assert isinstance(preset(name), Scenario)
