"""Facts in a pasted command: which tool ran, on what model, with which flags, on how many devices.

Only a flag that the command states with one value counts; a list ("-ngl 0,99") is a sweep, whose values stand in
columns of their own. Flag names: llama.cpp common/arg.cpp and tools/llama-bench, mlx-lm benchmark.py and generate.py,
vllm/engine/arg_utils.py, sglang server_args.py, koboldcpp.py; read 2026-11-26.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from measurements.importers.cleaning import LONGEST_CONTEXT_LINE

_TOOL = re.compile(
    r"(?<![\w-])(?P<tool>llama-(?:bench|batched-bench|sweep-bench|cli|server|run|completion|simple|parallel)"
    r"|batched-bench|llamafile-bench(?:-[\d.]+)?|koboldcpp[\w.-]{0,40}"
    r"|mlx_(?:lm|vlm)(?:[. _](?:benchmark|generate|chat|server))|ollama run|lms chat"
    r"|vllm (?:serve|bench)|vllm\.entrypoints[\w.]{0,60}|benchmark_(?:serving|latency|throughput)\.py"
    r"|sglang\.(?:launch_server|bench_\w{1,40})|bench_(?:serving|one_batch|offline_throughput)\.py"
    r"|trtllm-(?:bench|serve)|test_inference\.py|eval/perf\.py|perf\.py|main|server)(?:\.exe)?[\"']?(?= )"
)
_TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s\"']+")
_FLAG = re.compile(r"--?[A-Za-z][\w.-]*")
_STOPS = ("|", "||", "&&", ";", ">", ">>", "<", "2>&1", "2>", "#", "&")
_VISIBLE = re.compile(
    r"(?<!\w)(?:CUDA|HIP|ROCR|GGML_VK|GGML_CUDA)_VISIBLE_DEVICES=[\"']?(?P<list>[-\w,:]{0,200})[\"']?"
)
_LAUNCHERS = re.compile(r"(?<![\w.])(?:mlx\.launch|mpirun|mpiexec|torchrun|accelerate launch|horovodrun)(?!\w)")
_LONGEST_NAME = 300
ALIASES: Mapping[str, tuple[str, ...]] = {
    "model": ("--model", "-hf", "-hfr", "--hf-repo", "--model-path", "--model-dir", "-m", "--served-model-name"),
    "file": ("-hff", "--hf-file", "-hfq"),
    "prompt": ("-p", "--n-prompt", "--prompt-tokens", "-npp", "--input-len", "--random-input-len", "--input"),
    "answer": ("-g", "-n", "--n-gen", "--generation-tokens", "-ntg", "--output-len", "--random-output-len", "--output"),
    "depth": ("-d", "--n-depth"),
    "batch": ("-b", "--batch-size", "--batch", "--max-concurrency", "-npl"),
    "layers": ("-ngl", "--n-gpu-layers", "--gpu-layers", "--gpulayers"),
    "devices": ("-dev", "--device", "--devices"),
    "rpc": ("-rpc", "--rpc"),
    "split": ("-sm", "--split-mode"),
    "tensor_split": ("-ts", "--tensor-split", "--tensor_split"),
    "main_gpu": ("-mg", "--main-gpu"),
    "cache_k": ("-ctk", "--cache-type-k"),
    "cache_v": ("-ctv", "--cache-type-v"),
    "cache": ("--kv-bits", "--kv-cache-dtype", "--quantkv"),
    "flash": ("-fa", "--flash-attn"),
    "step": ("-ub", "--ubatch-size", "--prefill-step-size", "--chunked-prefill-size"),
    "cpu_experts": ("-ncmoe", "--n-cpu-moe", "--moecpu"),
    "all_cpu_experts": ("-cmoe", "--cpu-moe"),
    "cpu_cache": ("-nkvo", "--no-kv-offload"),
    "overrides": ("-ot", "--override-tensor", "--overridetensors"),
    "cpu_offload": ("--cpu-offload-gb", "--cpu-offload"),
    "use_cpu": ("--usecpu",),
    "tensor_parallel": ("-tp", "--tensor-parallel-size", "--tp", "--tp-size"),
    "pipeline_parallel": ("-pp", "--pipeline-parallel-size", "--pp-size"),
    "data_parallel": ("-dp", "--data-parallel-size", "--dp-size"),
    "draft": ("-md", "--model-draft", "--draft-model", "-hfd", "--speculative-config", "--speculative-model"),
    "draft_algorithm": ("--speculative-algorithm", "--spec-type", "--draftmodel"),
    "quantization": ("--quantization", "-q"),
    "max_seqs": ("--max-num-seqs",),
}


@dataclass(frozen=True, slots=True)
class Command:
    """One pasted command: the tool, its flags with their values ("" for a bare one) and its first bare word.

    `visible` is the list of CUDA_VISIBLE_DEVICES or its like before it; `launched` says that mpirun, mlx.launch or the
    like ran it, on several devices or hosts.
    """

    tool: str = ""
    flags: Mapping[str, str] = field(default_factory=dict[str, str])
    argument: str = ""
    visible: str | None = None
    launched: bool = False

    def value(self, fact: str) -> str | None:
        """The value that the command states for a fact of ALIASES; None if it states none or a list of several."""
        found = next((self.flags[name] for name in ALIASES[fact] if name in self.flags), None)
        return None if found is None or _is_list(found) else found

    def states(self, fact: str) -> bool:
        """Whether the command has a flag for this fact."""
        return any(name in self.flags for name in ALIASES[fact])

    def whole(self, fact: str) -> int | None:
        """The value as a whole number; None if it is none."""
        found = self.value(fact)
        return int(found) if found is not None and re.fullmatch(r"-?[0-9]{1,9}", found) else None

    def model(self) -> str:
        """The model's name or file that the command states; "" if none."""
        file = self.value("file") or self.value("model") or ""
        if file.isdecimal():  # mlx_lm's -m is the number of tokens to write
            file = ""
        if not file and self.tool in ("ollama run", "lms chat", "vllm serve"):
            file = self.argument
        return file.strip("'\"")[:_LONGEST_NAME]


def command_of(line: str) -> Command | None:
    """The command in a line, behind whatever prompt; None if there is none.

    A tool's name in a sentence is no command: a flag must follow it, or for `ollama run` a model.
    """
    line = line[:LONGEST_CONTEXT_LINE]
    for found in _TOOL.finditer(line):
        tokens = _tokens(line[found.end() :])
        tool = found["tool"].replace(" generate", ".generate").replace(" benchmark", ".benchmark")
        takes_word = tool in ("ollama run", "lms chat", "vllm serve", "vllm bench")
        if tokens and (tokens[0].startswith("-") or takes_word):
            words = (word for word in tokens if word[0] != "-")
            before = line[: found.start()]
            flags, launched = _flags(tokens), bool(_LAUNCHERS.search(before))
            return Command(tool, flags, next(words, ""), visible_devices(before), launched)
    return None


def continued(command: Command, line: str) -> Command:
    """The command with the flags of its next line, after a line that ended in a backslash."""
    tokens = _tokens(line[:LONGEST_CONTEXT_LINE])
    first = next((word for word in tokens if word[0] != "-"), "") if tokens and tokens[0][0] != "-" else ""
    return replace(command, flags={**command.flags, **_flags(tokens)}, argument=command.argument or first)


def visible_devices(text: str) -> str | None:
    """The list after CUDA_VISIBLE_DEVICES= and its like; None where there is none."""
    found = _VISIBLE.search(text) if "_VISIBLE_DEVICES=" in text else None
    return found["list"] if found else None


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    for token in _TOKEN.findall(text):
        if token in _STOPS:
            break
        if token not in ("\\", "`", "^"):
            found.append(token)
    return found


def _flags(tokens: Sequence[str]) -> dict[str, str]:
    flags: dict[str, str] = {}
    for place, token in enumerate(tokens):
        name, _, stated = token.partition("=")
        if not _FLAG.fullmatch(name):
            continue
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        is_value = following and not _FLAG.fullmatch(following.partition("=")[0])
        key = name.replace("_", "-") if name.startswith("--") else name
        value = (stated if "=" in token else following if is_value else "").strip("'\"")
        if key in flags and flags[key] != value:
            value = f"{flags[key]},{value}"  # the same flag twice is a list for llama-bench
        flags[key] = value
    return flags


def _is_list(value: str) -> bool:
    return "," in value
