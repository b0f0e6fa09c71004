"""Findings: numbers for sentences, cited sources, and the deployment that a claim speaks of."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.claims.finding import cited, claimed_deployment, finding_dict, finding_text, found, shown, shown_range

CATALOG = load_catalog()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.0123, "0.012"),
        (0.5, "0.50"),
        (10.8331, "10.8"),
        (154.6, "155"),
        (12_345.0, "12,345"),
        (-42.0, "-42.0"),
    ],
)
def test_shown_has_about_three_digits(value: float, text: str) -> None:
    assert shown(value) == text
    assert shown(value, "GB") == f"{text} GB"


@given(st.floats(-1e12, 1e12))
def test_shown_reads_back_within_half_a_hundredth_or_two_digits(value: float) -> None:
    text = re.sub(r"( x |^|(?<=-))10\^", lambda found: "e" if found[1] else "1e", shown(value).replace(",", ""))
    again = float(text)
    assert again == pytest.approx(value, rel=0.06, abs=1e-300)


def test_cited_names_each_source_once() -> None:
    one = CATALOG.chips["apple-m2-ultra-76"].bandwidth_gb_per_s
    found_ = cited(CATALOG, one, one, one.source, None, "")
    assert [source.id for source in found_] == list(dict.fromkeys(one.source.split("+")))
    assert all(source.title and source.url for source in found_)


def test_claimed_deployment_takes_the_claims_runtime_machine_and_format() -> None:
    claim = CATALOG.claims["dual-4090-4bit"]
    own = claimed_deployment(claim, "gptq-int4", catalog=CATALOG)
    assert (own.runtime.id, own.hardware.chip_count, own.split) == ("exllamav2", 2, "layer")
    assert claimed_deployment(claim, "q8_0", catalog=CATALOG).runtime.id == "llama.cpp"  # ExLlamaV2 loads no GGUF
    usual = claimed_deployment(CATALOG.claims["decode-70b-8bit"], "mlx-8bit", catalog=CATALOG)
    assert usual.runtime.id == "mlx-lm"
    other = claimed_deployment(claim, "gptq-int4", machine="nvidia-rtx-3090", chip_count=4, catalog=CATALOG)
    assert (other.hardware.chip.id, other.hardware.chip_count) == ("nvidia-rtx-3090", 4)


def test_found_excuses_only_what_does_not_hold() -> None:
    wrong = CATALOG.claims["decode-70b-8bit"]
    assert found(wrong, "impossible", "No.", sources=()).unless == wrong.unless != ""
    assert found(wrong, "holds", "Yes.", sources=()).unless == ""


def test_finding_as_json_and_text_say_the_same() -> None:
    claim = CATALOG.claims["decode-70b-8bit"]
    one = found(claim, "impossible", "At most 10.", sources=cited(CATALOG, "article"), arithmetic=["a = b"])
    row = json.loads(json.dumps(finding_dict(one), allow_nan=False))
    assert (row["verdict"], row["bound"], row["arithmetic"]) == ("impossible", None, ["a = b"])
    text = finding_text(one)
    assert text.startswith("IMPOSSIBLE: decode of Llama 3 70B at 8 bits on 800 GB/s\n")
    assert all(part in text for part in ("At most 10.", "a = b", row["sources"][0]["url"]))


def test_range_with_ends_that_read_alike_is_one_figure() -> None:
    assert shown_range(6.474, 10.08, "tokens/s") == "6.47 to 10.1 tokens/s"
    assert shown_range(1.551, 1.5512, "tokens/s") == "1.55 tokens/s"
