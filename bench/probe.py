"""Probe benchmark: ratios of the fast probe to full models and to mlx_lm's own benchmark.

    python bench/probe.py aliased      about 270M parameters in 16 bits: 1, 2 and 4 distinct layers against all 16, by
                                       minima of CPU time (other work on the machine distorts wall clock)
    python bench/probe.py benchmark    the probe against mlx_lm's own benchmark, alternating, on weights saved to disk
    python bench/probe.py              both

mlx_lm.benchmark always loads code from its model folder, so it gets a folder that this script has just made.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from measurements.importers.facts import Facts, Known
from measurements.importers.reading import import_content
from measurements.probe.run import ROOT, Outcome, run_worker
from measurements.records.spec import ProbeSpec

# 16 layers of 15.7M parameters and 2 x 8.2M of embedding and head: 268M, 0.54 GB in 16 bits, well beyond any CPU cache
LARGE = {
    "model_type": "llama",
    "hidden_size": 1024,
    "num_hidden_layers": 16,
    "intermediate_size": 4096,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "vocab_size": 8000,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
}
SMALL = {
    **LARGE,
    "hidden_size": 384,
    "num_hidden_layers": 12,
    "intermediate_size": 1024,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
}
PROMPT_TOKENS, GENERATED_TOKENS, ALTERNATIONS, ROUNDS = 256, 48, 10, 3

_SAVE = """
import json, sys
import mlx.core as mx
from pathlib import Path
from mlx_lm.utils import save_model
from tokenizers import Tokenizer, models, pre_tokenizers
from measurements.models.mlx_lm_process import build
config, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
mx.random.seed(0)
save_model(folder, build(config, None))
(folder / "config.json").write_text(json.dumps(config))
words = Tokenizer(models.WordLevel({f"w{i}": i for i in range(config["vocab_size"])}, unk_token="w0"))
words.pre_tokenizer = pre_tokenizers.Whitespace()
words.save(str(folder / "tokenizer.json"))
kind = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "w1", "unk_token": "w0"}
(folder / "tokenizer_config.json").write_text(json.dumps(kind))
"""

_ON_CPU_TIME = """
import runpy, time
time.perf_counter = time.process_time
runpy.run_module("mlx_lm.benchmark", run_name="__main__")
"""


def main() -> None:
    """Run the parts named on the command line, by default both."""
    parts = sys.argv[1:] or ["aliased", "benchmark"]
    if "aliased" in parts:
        compare_aliased()
    if "benchmark" in parts:
        compare_with_benchmark()


def compare_aliased() -> None:
    """CPU-time minima of 1, 2 and 4 distinct layers over those of the full model."""
    best: dict[tuple[int, str], float] = {}
    held: dict[int, int] = {}
    for number in range(ROUNDS):
        for layers in (0, 1, 2, 4):
            outcome = _run(
                LARGE, depths=(256,), chunk_tokens=64, generated_tokens=4, trial_count=3, distinct_layer_count=layers
            )
            held[layers] = outcome.event("built")["held_bytes"]
            for phase in ("decode", "prefill"):
                seconds = min(sample["cpu_s"] / sample["tokens"] for sample in outcome.samples(phase))
                best[layers, phase] = min(best.get((layers, phase), seconds), seconds)
        print(f"round {number + 1} of {ROUNDS}: full decode {best[0, 'decode'] * 1000:.1f} ms per token", flush=True)
    for layers in (1, 2, 4):
        print(
            f"aliased, {layers} distinct of 16 layers, {held[layers] / 1e6:.0f} of {held[0] / 1e6:.0f} MB: "
            f"decode {best[layers, 'decode'] / best[0, 'decode'] - 1:+.1%}, "
            f"prefill {best[layers, 'prefill'] / best[0, 'prefill'] - 1:+.1%}"
        )


def compare_with_benchmark() -> None:
    """Median over alternations of probe / benchmark, decode counted over intervals in both.

    fast: the same shapes with random weights and a synthetic cache. real: the very weights that the benchmark reads.
    Both clocks count CPU time (the benchmark's own perf_counter is replaced by process_time in its process): MLX's CPU
    backend computes in threads of the process, and wall clock says nothing while others work on the machine.
    """
    sizes = {
        "chunk_tokens": PROMPT_TOKENS,
        "generated_tokens": GENERATED_TOKENS - 1,
        "trial_count": 2,
        "distinct_layer_count": 0,
    }
    ratios: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        subprocess.run(
            [sys.executable, "-c", _SAVE, json.dumps(SMALL), name], check=True, cwd=ROOT, capture_output=True
        )
        for number in range(ALTERNATIONS):
            theirs = _benchmark(Path(name))
            fast = _run(SMALL, depths=(0, PROMPT_TOKENS), **sizes)
            real = _run(SMALL, depths=(PROMPT_TOKENS,), tier="real", path=name, **sizes)
            found = {
                "fast decode": _speed(fast, "decode", PROMPT_TOKENS) / theirs["decode"],
                "fast prefill": _speed(fast, "prefill", 0) / theirs["prefill"],
                "real decode": _speed(real, "decode", 0) / theirs["decode"],
                "real prefill": _speed(real, "prefill", 0) / theirs["prefill"],
            }
            for what, ratio in found.items():
                ratios.setdefault(what, []).append(ratio)
            print(f"{number + 1:2}: " + ", ".join(f"{what} {ratio:.3f}" for what, ratio in found.items()), flush=True)
    for what, values in ratios.items():
        print(
            f"{what} / mlx_lm.benchmark: median {statistics.median(values):.3f} of {len(values)}, "
            f"{min(values):.3f} to {max(values):.3f}"
        )


def _speed(outcome: Outcome, phase: str, depth: int) -> float:
    return statistics.median(
        sample["tokens"] / sample["cpu_s"] for sample in outcome.samples(phase) if sample["depth"] == depth
    )


def _benchmark(folder: Path) -> dict[str, float]:
    """One run of mlx_lm's benchmark on our own folder, read by our own importer (which normalises decode)."""
    command = [
        sys.executable,
        "-c",
        _ON_CPU_TIME,
        "--model",
        str(folder),
        "-p",
        str(PROMPT_TOKENS),
        "-g",
        str(GENERATED_TOKENS),
        "-n",
        "3",
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    facts = Facts(chip="cpu", models={"": "small"}, format="bf16")
    (record,) = import_content(done.stdout, facts=facts, known=Known()).records
    decode, prefill = record.result.decode_tokens_per_s, record.result.prefill_tokens_per_s
    assert decode is not None
    assert prefill is not None
    return {"decode": decode.central, "prefill": prefill.central}


def _run(config: Mapping[str, object], **sizes: object) -> Outcome:
    fields = {"tier": "fast", "config": dict(config), "time_limit_s": 900, "memory_limit_bytes": 6_000_000_000, **sizes}
    outcome = run_worker(
        ProbeSpec.model_validate({**fields, "lock_file": str(Path(tempfile.gettempdir()) / "bench-probe.lock")})
    )
    if outcome.status != "ok":
        raise SystemExit(f"The probe ended ({outcome.status}): {outcome.sentence}")
    return outcome


if __name__ == "__main__":
    main()
