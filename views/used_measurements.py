"""Which measurements stand behind the decision now: option by option predicted or measured, and how to have it measured."""

from collections.abc import Mapping, Sequence

import streamlit as st

from calculator.decision.comparison import Comparison, OptionResult
from calculator.physics.speed.speed import Speed
from calculator.scenario.scenario import Scenario
from calculator.service.measurement_advice import benchmark_command
from views.choices import words_of_basis
from views.decide_words import name_of
from views.drawing import draw_small_table, show_reasons
from views.look import markdown_text

_NOT_USED = "measurement-not-used"
_PREDICTED = "fitted"
_NOTHING = "Nothing is stored for this model on this machine."


def show_used(comparison: Comparison, *, runtimes: Mapping[str, str]) -> None:
    """Draw the count, the table, and the command for each option that is only predicted; `runtimes`: names by id."""
    boxes = [option for option in comparison.options if option.kind != "api"]
    st.header("Used in your decision now", anchor=False)
    if not boxes:
        st.markdown("Only hosted APIs are compared; their speeds are the hosts'.")
        return
    st.markdown(markdown_text(how_many_are_measured(boxes)))
    draw_small_table(
        [_row(option) for option in boxes],
        alt="Which options rest on measured speeds",
    )
    if all(_why_not_measured(option) == _NOTHING for option in boxes):
        st.markdown("Nothing is stored for this model on any of these machines.")
    else:
        show_reasons(reasons(boxes))
    predicted = [option for option in boxes if not is_measured(option)]
    if not predicted:
        return
    with st.expander("What to run so that your machine counts"):
        for option in predicted:
            command = command_for(option, comparison.scenario)
            st.markdown(f"**{markdown_text(name_of(option))}**")
            if command:
                st.code(command, language="shell", wrap_lines=True)
            else:
                st.markdown(markdown_text(_why_no_command(option, runtimes.get(option.runtime_id, option.runtime_id))))
        st.caption(
            "Run it on that machine and name the model: -m FILE.gguf for llama-bench, --model FOLDER for "
            "mlx_lm.benchmark. Then bring what it prints below."
        )


def how_many_are_measured(boxes: Sequence[OptionResult]) -> str:
    """How many options rest on a measured speed, how many on an estimate, and for how many no speed is known."""
    measured = sum(is_measured(option) for option in boxes)
    unknown = sum(option.decode is None and option.prefill is None for option in boxes)
    estimated = len(boxes) - measured - unknown
    if not measured:
        said = ["No option rests on a measured speed yet."]
    elif measured == len(boxes):
        said = [f"All {measured} options rest on a measured speed." if measured > 1 else "Its speed was measured."]
    else:
        said = [f"{measured} of {len(boxes)} options {'rests' if measured == 1 else 'rest'} on a measured speed."]
    if estimated == len(boxes):
        said.append("All speeds are estimated, each with its range." if estimated > 1 else "Its speed is estimated.")
    elif estimated:
        said.append(
            "1 is estimated, with its range." if estimated == 1 else f"{estimated} are estimated, each with its range."
        )
    if unknown:
        said.append(f"For {unknown} no speed is known.")
    return " ".join(said)


def is_measured(option: OptionResult) -> bool:
    """Whether writing or reading speed of the option was measured."""
    return any(speed is not None and speed.basis != _PREDICTED for speed in (option.decode, option.prefill))


def command_for(option: OptionResult, scenario: Scenario) -> str:
    """The benchmark that would measure the option's case; empty where it is measured or nothing is known to run."""
    return "" if is_measured(option) else benchmark_command(option.runtime_id, scenario)


def _why_no_command(option: OptionResult, runtime: str) -> str:
    if not option.runtime_id:
        return "Nothing to run: " + (
            " ".join(one.text for one in option.eligibility.reasons) or "its speed is its vendor's."
        )
    return (
        f"No single command measures both reading and writing on {runtime}. Bring what its own benchmark prints for one "
        "request at a time, with a prompt and an answer as long as yours."
    )


def reasons(options: Sequence[OptionResult]) -> list[tuple[str, str]]:
    """Names and why no measurement counts for them; options of one reason stand together."""
    found: dict[str, list[str]] = {}
    for option in options:
        if why := _why_not_measured(option):
            found.setdefault(why, []).append(name_of(option))
    return [("; ".join(names), why) for why, names in found.items()]


def _why_not_measured(option: OptionResult) -> str:
    """Why a stored measurement is not used, or that there is none; empty where one is."""
    remark = next((remark for remark in option.remarks if remark.code == _NOT_USED), None)
    if remark is not None:
        return remark.text.partition(": ")[2].partition(" The prediction is used.")[0]
    return "" if is_measured(option) else _NOTHING


def _row(option: OptionResult) -> dict[str, str]:
    return {
        "Option": name_of(option),
        **speed_cells("Writes", option.decode),
        **speed_cells("Reads", option.prefill),
        "Used": _used(option),
    }


def _used(option: OptionResult) -> str:
    """How the speed is known: of both speeds where only one was measured."""
    said = {
        what: words_of_basis(one.basis)
        for what, one in (("writing", option.decode), ("reading", option.prefill))
        if one
    }
    different = len(set(said.values())) > 1
    return (
        "; ".join(f"{what} {words}" for what, words in said.items())
        if different
        else next(iter(said.values()), "unknown")
    )


def speed_cells(does: str, speed: Speed | None) -> dict[str, str]:
    """Tokens a second, and in a column of its own their range, which is left out where it reads the same."""
    if speed is None:
        return {f"{does}, tokens/s": "-", f"{does} in 8 of 10 cases": "-"}
    digits = 0 if speed.central >= 10 else 1
    low, central, high = (f"{one:,.{digits}f}" for one in (speed.low, speed.central, speed.high))
    return {f"{does}, tokens/s": central, f"{does} in 8 of 10 cases": "-" if low == high else f"{low} to {high}"}
