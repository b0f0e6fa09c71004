"""The gate: what physics cannot allow is refused with its reason, what is merely unusual is not."""

from calculator.calibration.cases import Case, case_of
from calculator.calibration.gate import contradictions, decode_refusal, peak_memory_refusal, prefill_refusal
from calculator.calibration.rows import rows_of
from calculator.catalog import load_catalog

CATALOG = load_catalog()


def case(**values: str) -> Case:
    record = {
        "id": "x-1",
        "device_id": "nvidia-rtx-4090",
        "device_count": "1",
        "model_id": "llama-3-8b",
        "runtime_id": "llama.cpp",
        "format_id": "q4_k_m",
        "prompt_tokens": "512",
        "context_depth": "0",
        "batch": "1",
        "decode_tok_s": "130",
        "prefill_tok_s": "7100",
        "source": "github.com/a/b",
        "notes": "",
        "plausible": "True",
    }
    found = case_of(rows_of([{**record, **values}])[0], CATALOG)
    assert isinstance(found, Case), found
    return found


def test_a_true_row_passes() -> None:
    assert decode_refusal(case()) is None
    assert prefill_refusal(case()) is None


def test_decode_above_the_bandwidth_is_refused_with_both_figures() -> None:
    # weights read 4.64e9 B x 230 /s = 1,067 GB/s where the card has 1,008
    reason = decode_refusal(case(decode_tok_s="230"))
    assert reason is not None
    assert reason.startswith("beats the bandwidth: 1,0")
    assert "1,008" in reason


def test_decode_above_one_cards_bandwidth_is_true_in_a_tensor_split() -> None:
    assert decode_refusal(case(decode_tok_s="230", device_count="2", notes="TP=2 PP=1")) is None
    assert decode_refusal(case(decode_tok_s="230", device_count="2", notes="split: layer over 2 GPUs")) is not None


def test_decode_of_a_batch_counts_the_weights_once() -> None:
    assert decode_refusal(case(decode_tok_s="900", batch="8")) is None


def test_speculative_and_implausible_rows_are_refused() -> None:
    assert decode_refusal(case(speculative="True")) == "speculative or multi-token decoding"


def test_what_its_collector_set_apart_is_refused_for_both_speeds_with_the_rows_own_note() -> None:
    hot = case(plausible="False", notes="machine throttled; fan failed")
    for refusal in (decode_refusal, prefill_refusal):
        assert refusal(hot) == "set apart by its collector: machine throttled; fan failed"
    assert decode_refusal(case(plausible="False")) == "set apart by its collector: no reason given"


def test_rows_of_the_processor_or_of_spilled_weights_are_refused() -> None:
    assert decode_refusal(case(notes="compute=GPU/CPU; power = peak")) == "ran (partly) on the CPU"
    reason = decode_refusal(case(model_id="llama-3-70b", decode_tok_s="3.1"))
    assert reason is not None
    assert "do not fit" in reason


def test_file_of_another_format_is_refused() -> None:
    reason = decode_refusal(case(file_size_gb="16.1"))
    assert reason is not None
    assert reason.startswith("the stated file of 16.1 GB is not this format")
    assert decode_refusal(case(file_size_gb="4.92")) is None


def test_prefill_stored_as_decode_is_refused() -> None:
    assert decode_refusal(case(decode_tok_s="7100")) is not None
    assert (
        decode_refusal(case(decode_tok_s="90", prefill_tok_s="90")) == "prefill and decoding rates are the same number"
    )


def test_prefill_of_a_warm_cache_is_refused() -> None:
    reason = prefill_refusal(case(prefill_tok_s="199000"))
    assert reason is not None
    assert reason.endswith("(a warm cache)")


def test_prefill_that_is_one_decoding_step_is_refused() -> None:
    assert (
        prefill_refusal(case(device_id="nvidia-h100-sxm-80", decode_tok_s="30", prefill_tok_s=str(512 * 30)))
        == "the time to first token is one decoding step"
    )


def test_prefill_of_short_prompts_warm_ups_and_slower_than_decoding_is_refused() -> None:
    assert "says nothing about prefill" in str(prefill_refusal(case(prompt_tokens="16")))
    assert "warm-up" in str(prefill_refusal(case(notes="first call, prefill includes warm-up")))
    assert prefill_refusal(case(prefill_tok_s="100")) == "slower than decoding"


def test_request_rate_shorter_than_its_own_wait_is_refused() -> None:
    # 2 x 128 tokens at 81.8 tok/s took 3.1 s, the mean wait for the first token was 8,222 / 917 = 9.0 s
    reason = decode_refusal(
        case(
            device_id="nvidia-rtx-3090",
            device_count="2",
            model_id="qwen3.8-27b",
            runtime_id="sglang",
            format_id="nvfp4",
            batch="2",
            prompt_tokens="8222",
            prefill_tok_s="917.5",
            decode_tok_s="81.8",
            notes="TP=2 PP=1; kind=aggregate_output; 128 tokens generated per request",
        )
    )
    assert reason is not None
    assert reason.startswith("the whole run took 3.1 s, less than its own mean wait of 9.0 s")


def test_peak_memory_of_pools_and_uncounted_gpus_is_refused() -> None:
    assert "pool" in str(peak_memory_refusal(case(runtime_id="vllm", format_id="awq-int4", peak_memory_gb="22")))
    assert "not counted" in str(peak_memory_refusal(case(peak_memory_gb="1.5")))
    assert peak_memory_refusal(case(peak_memory_gb="5.6")) is None


def test_contradictions_within_a_source_are_found() -> None:
    swapping = [case(id="slow", decode_tok_s="0.12"), case(id="true", decode_tok_s="130")]
    assert set(contradictions(swapping)) == {("slow", "decode")}
    broken = [
        case(id="f16", format_id="f16", prefill_tok_s="604", decode_tok_s="50"),
        case(id="q4", prefill_tok_s="5948"),
    ]
    assert set(contradictions(broken)) == {("f16", "prefill")}
    serial = [case(id="four", batch="4", decode_tok_s="46"), case(id="one", decode_tok_s="52")]
    assert set(contradictions(serial)) == {("four", "decode")}
    assert contradictions([case(id="a", decode_tok_s="100"), case(id="b", decode_tok_s="130")]) == {}


def test_batches_slower_than_one_after_the_other_are_not_fitted_but_count_in_the_error() -> None:
    # alone 8,192 / 2,000 + 128 / 40 = 7.3 s; four take 29.2 s one after the other, here 4 x 128 / 10 = 51 s together
    common = {
        "model_id": "qwen3-32b",
        "runtime_id": "vllm",
        "format_id": "awq-int4",
        "prompt_tokens": "8192",
        "context_depth": "8192",
    }
    alone = case(**common, id="one", prefill_tok_s="2000", decode_tok_s="40", notes="128 tokens generated per request")
    four = case(
        **common,
        id="four",
        batch="4",
        prefill_tok_s="",
        decode_tok_s="10",
        notes="kind=aggregate_output; 128 tokens generated per request",
    )
    assert contradictions([alone, four])["four", "decode"].startswith(
        "4 requests took 51 s together, 29 s one after the other"
    )
    assert contradictions([alone, four], for_fit=False) == {}
