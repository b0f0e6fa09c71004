"""Configurations small enough for CPU tests, specs that end in a second or two, and processes that may import mlx."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from measurements.probe.run import ROOT, Outcome
from measurements.records.record import Measurement
from measurements.records.spec import ProbeSpec

LLAMA: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 256,
    "num_hidden_layers": 6,
    "intermediate_size": 512,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 1000,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
}
EXPERTS: dict[str, Any] = {
    "model_type": "qwen3_moe",
    "hidden_size": 128,
    "num_hidden_layers": 4,
    "intermediate_size": 256,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 500,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
    "num_experts": 16,
    "num_experts_per_tok": 4,
    "decoder_sparse_step": 1,
    "mlp_only_layers": [],
    "moe_intermediate_size": 64,
    "head_dim": 32,
    "norm_topk_prob": True,
    "max_position_embeddings": 4096,
}
SLIDING: dict[str, Any] = {
    "model_type": "gemma3_text",
    "hidden_size": 128,
    "num_hidden_layers": 6,
    "intermediate_size": 256,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "vocab_size": 500,
    "rms_norm_eps": 1e-6,
    "rope_theta": 10000.0,
    "rope_local_base_freq": 10000.0,
    "query_pre_attn_scalar": 32,
    "sliding_window": 64,
    "sliding_window_pattern": 3,
}

LLAMA_IN_4_BITS: dict[str, Any] = {**LLAMA, "quantization": {"group_size": 64, "bits": 4}}
_SAVE = """
import json, sys
from pathlib import Path
from mlx_lm.utils import save_model
from tokenizers import Tokenizer, models
from measurements.worker import random_weights as synthetic
config, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
made = synthetic.aliased_model(config, {"group_size": 64, "bits": 4, "mode": "affine"}, distinct_layer_count=0)
for _ in made.materialise(): pass
save_model(folder, made.model)
(folder / "config.json").write_text(json.dumps(config))
words = Tokenizer(models.WordLevel({f"w{i}": i for i in range(config["vocab_size"])}, unk_token="w0"))
words.save(str(folder / "tokenizer.json"))
kind = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "w1", "unk_token": "w0"}
(folder / "tokenizer_config.json").write_text(json.dumps(kind))
"""


def save_in_4_bits(folder: Path) -> None:
    """The tiny Llama with random 4-bit weights and a tokenizer, written by mlx_lm in a process of its own."""
    subprocess.run([sys.executable, "-c", _SAVE, json.dumps(LLAMA_IN_4_BITS), str(folder)], check=True, cwd=ROOT)


def tiny_spec(folder: Path, **changes: Any) -> ProbeSpec:
    """A fast probe of the tiny Llama with its own lock."""
    fields: dict[str, Any] = {
        "tier": "fast",
        "model": "tiny",
        "config": LLAMA,
        "depths": (32, 128),
        "chunk_tokens": 32,
        "generated_tokens": 4,
        "trial_count": 3,
        "memory_limit_bytes": 3_000_000_000,
        "time_limit_s": 60,
        "lock_file": str(folder / "probe.lock"),
    }
    return ProbeSpec.model_validate(fields | changes)


FastProbe = tuple[Outcome, ProbeSpec, tuple[Measurement, ...]]
"""One fast probe of the tiny Llama: outcome, spec and records."""


def in_worker(code: str) -> str:
    """The output of a fresh process, which may import mlx; this one must not."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


# Long enough to be caught in the act: a model that takes tens of seconds on any CPU.
SLOW = {**LLAMA, "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 32, "num_attention_heads": 8}


SLOW_SIZES: dict[str, Any] = {
    "config": SLOW,
    "trial_count": 200,
    "depths": (512,),
    "chunk_tokens": 256,
    "generated_tokens": 64,
}


# 32 distinct layers of 512 x 512 and 512 x 2048 matrices take 0.27 GB, and nothing of it may be filled.
TOO_LARGE: dict[str, Any] = {"config": SLOW, "distinct_layer_count": 0, "memory_limit_bytes": 250_000_000}


def is_alive(process: int) -> bool:
    """Whether a process with that number exists and has not ended."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
