"""Terminal text of a comparison."""

import re

from calculator import Comparison, Deployment, Scenario, Workload, compare, load_catalog, predict
from calculator.decision.can_do import can_do
from calculator.decision.shown_verdict import pair_sentence
from calculator.report.terminal import comparison_text, prediction_text

CATALOG = load_catalog()


MAC, USED, PC = "mac-studio-m5-ultra-256", "mac-studio-m2-ultra-192-used", "dual-rtx-4090-threadripper"


def verdict_on(**values: object) -> Comparison:
    return compare(Scenario.parse(values), CATALOG)


def test_text_shows_totals_in_the_persons_currency_beside_dollars() -> None:
    found = verdict_on(options=(MAC,), currencies={"EUR": {"per_usd": 0.5, "as_of": "2026-11-20"}})
    text = comparison_text(found)
    total = found.options[0].tco.total_cost_usd if found.options[0].tco else 0.0
    assert "Shown in EUR at your rate of 0.5 EUR per dollar (2026-11-20)" in text
    row = next(line for line in text.splitlines() if line.startswith(MAC) and "EUR" in line)
    assert f"EUR {total * 0.5:,.0f}" in row
    assert f"${total:,.0f}" in text


def test_text_says_which_ranked_options_are_in_doubt_and_why() -> None:
    found = compare(Scenario(first_token_p95_target_s=14), CATALOG, as_of="2026-11-26", draw_count=64)
    doubted = {row.name: can_do(row) for row in found.options if can_do(row).words not in ("yes", "no")}
    assert doubted
    said = [line for line in comparison_text(found).splitlines() if line.startswith("Can ")]
    assert len(said) == len(doubted)
    for line, (name, able) in zip(said, doubted.items(), strict=True):
        assert line.startswith(f"Can {name} do the job? ")
        assert line.endswith(f"{able.note}.")
        assert able.words in line.lower()
    sure = verdict_on(options=("api-same-model",))
    assert "do the job?" not in comparison_text(sure)


def test_first_token_of_a_prediction_is_in_minutes_where_it_takes_minutes() -> None:
    deployment = Deployment.of("mac-mini-m5-pro-64", "llama-3-70b", "mlx-4bit", catalog=CATALOG)
    short, long = (
        prediction_text(predict(deployment, Workload(prompt_tokens=tokens), CATALOG)) for tokens in (500, 30_000)
    )
    assert re.search(r"first word [\d.]+-[\d.]+ s$", short, re.M)
    assert re.search(r"first word [\d.]+ minutes to [\d.]+ minutes$", long, re.M)


def test_invoices_alone_say_how_their_pair_was_chosen_before_what_counts_staff_hours() -> None:
    found = compare(Scenario(labour="without"), CATALOG, draw_count=0)
    pair = found.verdicts.mac_or_pc
    assert pair is not None
    lines = comparison_text(found).splitlines()
    assert lines[:3] == [pair.hard.sentence, pair_sentence(found), pair.sentence]
    assert pair_sentence(found) not in comparison_text(compare(Scenario(), CATALOG, draw_count=0))
