"""Commands `choose` and `check`."""

import json
import re

import pytest

from calculator.__main__ import main
from calculator.decision.eligibility import seconds_text
from calculator.decision.memory_words import SEVERAL_CARDS


def test_choose_lists_the_best_with_the_day_of_their_price(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["choose", "--budget", "8000", "--model", "qwen3-32b", "--first-token-p95", "10", "--stream", "20"]
    assert main([*words, "--watts", "400", "--context", "32768", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["wanted"] == {"budget_usd": 8000.0, "most_w": 400.0}
    assert found["choices"]
    assert all(one["price_as_of"] for one in found["choices"])
    assert main(words) == 0
    text = capsys.readouterr().out
    for one in found["choices"]:
        assert one["is_dominated"] or f"{one['machine_count']} x {one['id']}" in text


@pytest.mark.parametrize("switch", ["labour=with", "labour=without", "money=cash"])
def test_choose_ranks_by_one_cost_under_every_switch_and_names_it(
    switch: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["choose", "--budget", "8000", "--model", "qwen3-32b"]
    assert main(words) == main([*words, "--set", switch]) == 0
    text = capsys.readouterr().out
    assert text[: len(text) // 2] == text[len(text) // 2 :]
    assert "costs over 36 months in today's money, staff hours counted." in text


def test_choose_says_that_nothing_does_the_job(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["choose", "--budget", "10", "--model", "qwen3-32b"]) == 0
    assert "No machine of the catalogue does the job within these limits." in capsys.readouterr().out


def test_largest_context_is_a_line_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["choose", "--largest-context", "rtx-5090-pc", "qwen3-32b"]) == 0
    text = capsys.readouterr().out
    assert main(["choose", "--largest-context", "rtx-5090-pc", "qwen3-32b", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert f"{found['tokens']:,} tokens for one request" in text
    assert found["tokens"] == min(found["memory_tokens"], found["model_tokens"])
    assert main(["choose", "--largest-context", "rtx-5090-pc", "llama-3-70b", "--format", "bf16"]) == 0
    assert "does not fit:" in capsys.readouterr().out


def test_check_ends_with_0_or_1_for_a_build(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "our-defaults", "--machine", "dual-rtx-4090-am5"]) == 0
    assert "does the job of Our defaults" in capsys.readouterr().out
    assert main(["check", "our-defaults", "--machine", "rtx-5090-pc"]) == 1
    assert "does not do the job" in capsys.readouterr().out
    assert main(["check", "our-defaults", "--machine", "dgx-spark", "--count", "1", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["does_the_job"] is False
    assert found["reasons"]


def test_check_of_a_number_keeps_the_scenarios_own_figures(capsys: pytest.CaptureFixture[str]) -> None:
    """The article's own figures are of its two machines; a third one is checked beside them."""
    assert main(["check", "article", "--machine", "mac-studio-m5-ultra-256", "--count", "2"]) == 0
    assert "2 machines" in capsys.readouterr().out
    assert main(["check", "article", "--machine", "cloud-h100", "--count", "0"]) == 2
    assert "machine_counts" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["choose", "--budget", "-5"], "must be a number above 0"),
        (["choose", "--model", "no-such-model"], "not in the catalogue"),
        (["choose", "--format", "q4_k_m"], "belongs to --largest-context"),
        (["choose", "--largest-context", "nvidia-rtx-4090", "qwen3-32b"], "Say the format"),
        (["check", "our-defaults", "--machine", "nothing"], "not in the catalogue"),
        (["check", "no-such-file.toml", "--machine", "dgx-spark"], "no such scenario file"),
    ],
)
def test_wrong_question_is_refused(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert says in capsys.readouterr().err


def test_check_of_an_api_says_that_it_is_no_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "our-defaults", "--machine", "api-frontier"]) == 2
    assert "api-frontier, which is no machine" in capsys.readouterr().err


def test_memory_left_on_several_cards_says_how_it_is_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["choose", "--model", "qwen3-next-80b-a3b", "--budget", "15000", "--first-token-p95", "0"]
    assert main([*words, "--json"]) == 0
    found = {one["id"]: one for one in json.loads(capsys.readouterr().out)["choices"]}
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[2]: line for line in lines if re.match(r"\d+ x ", line)}
    assert {name for name in rows if rows[name].endswith(" GB by the fullest card")} == {
        name for name in rows if found[name]["spare_words"]
    }
    assert any(" GB by the fullest card" in row for row in rows.values())
    assert lines.count(SEVERAL_CARDS) == 1
    for name, row in rows.items():
        assert f" {seconds_text(found[name]['first_token_p95_s'])} " in row
    notes = [line for line in lines if "last checked" in line]
    assert len(notes) == len(set(notes))


def test_long_wait_of_a_choice_is_in_minutes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["choose", "--model", "llama-3-70b", "--budget", "3000", "--first-token-p95", "0"]) == 0
    (row,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("1 x mac-mini-m5-pro-64 "))
    assert re.search(r" \d+\.\d minutes ", row)


def test_largest_context_of_cards_that_are_too_small_says_which_is_the_fullest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["choose", "--largest-context", "dual-rtx-3090", "llama-3-70b", "--format", "q8_0"]
    assert main(words) == 0
    assert re.search(
        r"does not fit: it needs [\d.]+ GB, and a model may use [\d.]+ GB here\. The [\d.]+ GB missing are those of the "
        r"fullest card, times 2 cards: a layer lies whole on one card\.\n$",
        capsys.readouterr().out,
    )
