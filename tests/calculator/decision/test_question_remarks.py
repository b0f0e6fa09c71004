"""Remarks on the question: each is there where its cause is, and nowhere else."""

import pytest

from calculator import Scenario, load_catalog
from calculator.decision.question_remarks import question_remarks, reference_remarks
from calculator.errors import UnknownIdError
from calculator.scenario.own_catalog import catalog_of
from calculator.scenario.presets import preset
from calculator.scenario.scenario import ANOTHER_SIZE, knobs

CATALOG = load_catalog()


def codes(**values: object) -> set[str]:
    return {remark.code for remark in question_remarks(Scenario.parse(values), CATALOG)}


def test_default_question_has_none() -> None:
    assert codes() == set()


def test_what_is_owned_already_is_named_where_it_is_compared() -> None:
    owned = {"mac-studio-m5-ultra-96": 3_000.0}
    [remark] = question_remarks(Scenario.parse({"already_own_usd": owned}), CATALOG)
    assert remark.code == "already-own"
    assert "Mac Studio" in remark.text
    assert "3,000" in remark.text


def test_range_beside_its_value_is_a_warning_and_one_around_it_is_not() -> None:
    beside = {"wage_usd_per_h": (40.0, 90.0, 150.0)}
    assert codes(wage_usd_per_h=95.0, ranges=beside) == {"range-beside-value"}
    assert codes(wage_usd_per_h=90.0, ranges=beside) == set()
    [remark] = question_remarks(Scenario.parse({"wage_usd_per_h": 95.0, "ranges": beside}), CATALOG)
    label = knobs()["wage_usd_per_h"].label
    assert remark.text == (
        f"{label} is $95 an hour, but the middle of its range is $90 an hour. Totals use the value, their ranges use the "
        "range. Enter only one of them."
    )


def test_tax_and_rules_of_an_earlier_version_are_said() -> None:
    assert len(codes(tax_mode="macrs-half-year")) == 1
    assert codes(schema_version=1) != set()


def test_missing_hosted_price_is_a_warning_of_another_size_alone() -> None:
    [remark] = reference_remarks(Scenario(model=ANOTHER_SIZE), None)
    assert (remark.code, remark.level) == ("no-reference-price", "warning")
    assert reference_remarks(Scenario(), None) == ()


def test_unknown_option_is_refused() -> None:
    with pytest.raises(UnknownIdError, match="mac-studio"):
        question_remarks(Scenario(options=("mac-studio-m9",)), CATALOG)


def test_claims_of_the_article_are_named_in_words_and_counted() -> None:
    [said] = [remark.text for remark in question_remarks(preset("article"), CATALOG) if remark.code == "claims"]
    assert said == (
        "10 inputs are claims of the article, not our findings: hourly rate, administration of a Mac, administration of "
        "a PC with GPUs and 7 more. The answer holds only if they are right."
    )


def test_claimed_watts_are_named_by_their_option() -> None:
    pc = "dual-rtx-4090-threadripper"
    watts = {f"{pc}.{name}": value for name, value in (("idle_w", 1200), ("prefill_w", 900), ("decode_w", 900))}
    found = question_remarks(Scenario(figures=watts), CATALOG)
    [said] = [remark.text for remark in found if remark.code == "claims"]
    name = CATALOG.option(pc).name
    assert f"power that {name} draws at rest, power that {name} draws while reading and power that" in said
    assert pc not in said


def test_what_is_set_for_an_option_that_is_not_compared_is_said_once_per_option() -> None:
    spark, pc, mac = "dgx-spark", "dual-rtx-4090-am5", "mac-studio-m5-ultra-96"
    asked: dict[str, object] = {"machine_counts": {spark: 2, mac: 2}, "already_own_usd": {spark: 3}, "options": [mac]}
    asked |= {"leases": {pc: {"usd_per_month": 90}}, "weight_classes": {mac: "8-bit"}}
    found = question_remarks(Scenario.parse(asked), CATALOG)
    said = [remark.text for remark in found if remark.code == "set-not-compared"]
    assert said == [
        "NVIDIA DGX Spark 128 GB is not compared, so what you set for it counts for nothing: you own it already, the "
        "number of machines. Compare it, or remove what you set.",
        "2x RTX 4090 on an AM5 board is not compared, so what you set for it counts for nothing: its lease. Compare it, "
        "or remove what you set.",
    ]
    assert "set-not-compared" not in codes(**{**asked, "options": [mac, spark, pc]})
    ends = {"route": {"base": mac, "to": "cloud-h100", "share": 0.2}}
    routed = Scenario.parse({"options": ["route"], "routing": ends, "machine_counts": {mac: 2, "cloud-h100": 1}})
    found = question_remarks(routed, catalog_of(routed, CATALOG))
    assert "set-not-compared" not in {remark.code for remark in found}
