"""Open sessions: how many keep their read text in memory between two turns, and what the others cost.

An agent or a chat sends the whole conversation with each turn. A runtime reads only what is new as long as the cache of
the earlier turns is still in memory; where it is not, everything is read anew.
"""

from dataclasses import replace

from calculator.catalog import Catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.evidence import Remark
from calculator.physics.memory.memory_fit import memory_fit
from calculator.physics.prediction import Prediction
from calculator.physics.speed.prefill import time_to_first_token
from calculator.scenario.scenario import Scenario


def kept_fraction(deployment: Deployment, count: int, *, scenario: Scenario, catalog: Catalog) -> float:
    """Open sessions whose cache stays in memory over all of them; 1 where the scenario names none.

    The most that fit, found by halving, each with the mean input and answer; at least the `count` at work. Sessions
    take their turns at random, so a turn finds its text in memory as often as sessions fit.
    """
    wanted = scenario.open_session_count
    if not wanted:
        return 1.0
    held_tokens = scenario.input_tokens() + scenario.answer_tokens
    low, high = min(count, wanted), wanted
    while low < high:
        middle = (low + high + 1) // 2
        held = Workload(prompt_tokens=scenario.input_tokens(), context_tokens=held_tokens, held_count=middle)
        if memory_fit(deployment, held, catalog=catalog).fits:
            low = middle
        else:
            high = middle - 1
    return low / wanted


def reading_anew(prediction: Prediction, kept: float, *, scenario: Scenario) -> Prediction:
    """The prediction with the mean first token where only a share of the sessions find their text in memory."""
    if prediction.prefill is None:
        return prediction
    first = time_to_first_token(
        prediction.prefill,
        prompt_tokens=scenario.input_tokens(),
        cached_fraction=scenario.cached_prompt_fraction * kept,
    )
    return replace(prediction, time_to_first_token=first)


def evicted_remark(name: str, kept: float, *, scenario: Scenario) -> Remark:
    """The warning that memory holds fewer sessions than are open."""
    cached = scenario.cached_prompt_fraction
    text = (
        f"{name} keeps {round(kept * scenario.open_session_count):,} of {scenario.open_session_count:,} open sessions "
        f"in memory. The others are read anew, so {cached * kept:.0%} of the input is cached, not {cached:.0%}."
    )
    return Remark(code="sessions-evicted", text=text, level="warning")
