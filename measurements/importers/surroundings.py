"""What stands around a result in a pasted text: the command, the heading, the devices and layers that a log lists.

`Surroundings.see` takes the text line by line; what it knows then holds for the next result.
"""

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from measurements.importers.cleaning import LONGEST_CONTEXT_LINE
from measurements.importers.command_line import Command, command_of, continued, visible_devices
from measurements.records.identify import format_of_name

_FOUND = re.compile(r"[Ff]ound (?P<count>\d{1,3}) (?:CUDA|ROCm|Vulkan|SYCL|MUSA|OpenCL|HIP) devices?\b")
_DEVICE = re.compile(r"(?:\bDevice|\bggml_vulkan:|\bGPU) (?P<number>\d{1,2})(?::| =) (?P<name>[^,|(:]{2,120})")
_METAL = re.compile(r"(?:found device|picking default device|GPU name): +(?P<name>Apple [^,(|]{1,60})")
_USING = re.compile(r"using device (?P<id>[\w.\[\]:-]{1,80}) \((?P<name>.{0,200}?)\)(?= -| \(|$)")
_SMI = re.compile(
    r"^\s{0,20}\|\s{1,20}(?P<number>\d{1,2})\s{1,20}(?P<name>NVIDIA [\w .-]{3,40}?)\s{1,40}(?:On|Off|N/A)\s{1,40}\|"
)
_LAYERS = re.compile(r"offloaded (?P<some>\d{1,4})/(?P<all>\d{1,4}) layers")
_PROCESSOR = re.compile(r"(?P<cpu>\d{1,3})%/(?P<gpu>\d{1,3})% CPU/GPU")
_LOADED = re.compile(
    r"^\s{0,20}(?P<model>\S{1,200})\s{1,40}[0-9a-f]{12}\s{1,40}[\d.]{1,12} [KMGT]?B\s{1,40}"
    r"(?P<shares>\d{1,3}%(?:/\d{1,3}%)? (?:CPU/GPU|CPU|GPU))\b"
)
"""A row of `ollama ps`: name, id, size, and what share of the model lies where."""
_NO_GPU = re.compile(
    r"no usable GPU found|no (?:CUDA|ROCm|HIP)-capable device is detected|[GM]B\s{1,20}100% CPU(?!/)|not compiled with GPU offload"
    r"|Unable to detect (?:any )?GPU|running on CPU only",
    re.I,
)
_HEADING = re.compile(r"^\s{0,3}(?P<marks>#{1,6})\s{1,20}(?P<words>\S.{0,300})")
_BOLD = re.compile(r"^\s{0,3}(?:[-*] )?(?:\*\*|__)(?P<words>[^*_].{0,200}?)(?:\*\*|__):?\s*$")
_FILE = re.compile(r"(?<![\w./\\:~@+-])(?P<file>[\w./\\:~@+-]{1,250}\.(?:gguf|llamafile))\b", re.I)
_NAMED = re.compile(
    r"\b(?:general\.name|model(?:[ _]?(?:id|name|path))?)\W{0,40}[:=]\s{0,40}[\"']?(?P<name>[\w./:@+-]{3,200})", re.I
)
_FAMILIES = re.compile(
    r"(?<![a-z0-9.])\d{1,4}(?:\.\d{1,2})? ?[bm](?![a-z])"
    r"|(?<![a-z])(?:llama|qwen|qwq|mi[sx]tral|ministral|codestral|devstral|magistral|gemma|phi(?![a-z])|deepseek|gpt-oss"
    r"|glm|granite|kimi|minimax|nemotron|command-r|falcon|olmo|smollm|exaone|starcoder|vicuna|hermes|tinyllama|codellama)",
    re.I,
)
_PACKED = re.compile(
    r"\.gguf|(?<![a-z])i?q\d(?:_[a-z0-9]|\b)|\d-?bit|bpw|[a-z][\w-]{2,60}/[a-z][\w.-]{3}"
    r"|(?<![a-z0-9])(?:bf16|f16|fp16|f32|fp8|nvfp4|mxfp4|awq|gptq|int4|int8)(?![a-z0-9])",
    re.I,
)
_FILE_TYPE = re.compile(r"(?:model ftype|file type)\s{0,20}= (?P<type>[\w -]{2,40})")
_FORMAT_ONLY = re.compile(r"(?:i?q\d\w{0,8}|[bf]?f(?:p?16|32|p8)|bf16|nvfp4|mxfp4|awq|gptq|int[48]|\d-?bit)\W*", re.I)
_BUILD = re.compile(
    r"\b(?:build:? *(?P<commit>[0-9a-f]{6,40}) *\((?P<number>\d{1,9})\)"
    r"|(?:version|build): *(?P<number_2>\d{3,9}) \((?P<commit_2>[0-9a-f]{6,40})\))"
)
_SEVERAL = re.compile(
    r"(?<![\w.])(?:(?P<count>[2-9]|1[0-6]) ?[x×*] ?|x(?P<count_2>[2-9]) |(?P<word>dual|triple|quad) )"
    r"(?=(?:[\w.-]{1,20} ){0,2}?(?:rtx|gtx|geforce|nvidia|radeon|tesla|arc|instinct|apple|mac|m[1-5]\b|gb10|spark|strix"
    r"|framework|[34579]0[5-9]0|p40|v100|a100|h100|h200|l40|a6000|mi\d{2}|rx ?\d|gpus?\b))",
    re.I,
)
_COUNT_WORDS = {"dual": 2, "triple": 3, "quad": 4}
NO_GPU = ("no GPU was used", "no GPU was visible")
"""Clauses of `cpu_share` that say that the processor did it all."""
_BOLD_LEVEL, _NAME = 7, 8  # below the six levels of headings


@dataclass(frozen=True, slots=True)
class Build:
    """A build line of llama.cpp."""

    line: int
    commit: str
    number: str


@dataclass
class Surroundings:
    """What the text has said so far."""

    command: Command = field(default_factory=Command)
    devices: dict[int, str] = field(default_factory=dict[int, str])
    device_count: int = 0
    used: dict[str, str] = field(default_factory=dict[str, str])
    visible: str | None = None
    layers: tuple[int, int] | None = None
    cpu_percent: int = 0
    on_processor: bool = False
    loaded: dict[str, str] = field(default_factory=dict[str, str])
    """Of each model that `ollama ps` lists, where it says the model lies."""
    several_stated: int = 0
    file_type: str = ""
    format_stated: str = ""
    _names: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    _goes_on: bool = False

    def see(self, line: str) -> None:
        """Take what this line says; at most LONGEST_CONTEXT_LINE letters of it."""
        line = line[:LONGEST_CONTEXT_LINE]
        if not line.strip():
            self._goes_on = False
            return
        self._see_command(line)
        if not self._goes_on:
            self._see_heading(line)
        if "evice" in line or "GPU" in line or "vulkan" in line or "NVIDIA" in line:
            self._see_devices(line)
        if "layers" in line or "CPU" in line or "GPU" in line or "device" in line:
            self._see_processor(line)

    def snapshot(self) -> "Surroundings":
        """What is known now, unchanged by later lines."""
        return replace(
            self, devices=dict(self.devices), used=dict(self.used), loaded=dict(self.loaded), _names=list(self._names)
        )

    def names(self) -> list[str]:
        """Words for the model, the nearest first: a command's or a file's alone, else the headings above. A heading
        that is nothing but a weight format comes last."""
        if not self._names:
            return [self.format_stated] if self.format_stated else []
        level, words = self._names[-1]
        found = [words] if level >= _NAME else [words for _, words in reversed(self._names)]
        return [*found, self.format_stated] if self.format_stated else found

    def remote(self) -> bool:
        """Whether a device on another host took part."""
        return self.command.states("rpc") or any(is_remote(f"{key} {name}") for key, name in self.used.items())

    def device_names(self) -> list[str]:
        """Names of the devices that the log says were used, else found."""
        if self.used:
            return [name or key for key, name in self.used.items()]
        return [self.devices[number] for number in sorted(self.devices)]

    def stated_count(self) -> int:
        """How many devices the text says there were; 0 if it does not."""
        visible = self.command.visible if self.command.visible is not None else self.visible
        if self.used:
            return len(self.used)
        if visible:
            return len([one for one in visible.split(",") if one.strip()])
        return max(self.device_count, len(self.devices))

    def cpu_share(self) -> str:
        """Why the processor did part of the work, in a clause; "" where nothing says so."""
        if self.on_processor or self.command.value("devices") == "none" or self.command.states("use_cpu"):
            return NO_GPU[0]
        if self.command.visible in ("", "-1") or (self.command.visible is None and self.visible in ("", "-1")):
            return NO_GPU[1]
        if self.cpu_percent:
            return f"{self.cpu_percent} % of the model was in system memory"
        if self.layers and self.layers[0] < self.layers[1]:
            return f"{self.layers[0]} of {self.layers[1]} layers were on the GPU"
        return cpu_flags(self.command)

    def _see_command(self, line: str) -> None:
        if self._goes_on:
            self.command = continued(self.command, line)
        elif (found := command_of(line)) is not None:
            self.command, self.layers, self.cpu_percent, self.on_processor = found, None, 0, False
            self.used = {}
            self._see_loaded(found)
        else:
            if (visible := visible_devices(line)) is not None:
                self.visible = visible
            return
        self._goes_on = line.rstrip().endswith(("\\", "`", "^"))
        model = self.command.model()
        if model and (self.command.tool.startswith("ollama") or _names_a_model(model)):
            self._name(_NAME, model)

    def _see_heading(self, line: str) -> None:
        if (heading := _HEADING.match(line)) is not None:
            self._see_words(len(heading["marks"]), heading["words"])
        elif (bold := _BOLD.match(line)) is not None:
            self._see_words(_BOLD_LEVEL, bold["words"])
        elif "|" in line:
            return
        elif (file := _FILE.search(line)) is not None:
            self._name(_NAME, file["file"])
        elif (named := _NAMED.search(line)) is not None:
            self._see_words(_NAME, named["name"])
        elif (
            3 < len(bare := line.strip(" *_`:#-")) < 120
            and " " not in bare
            and _FAMILIES.search(bare)
            and format_of_name(bare)
        ):
            self._name(_NAME, bare)
        if "type" in line and (found := _FILE_TYPE.search(line)):
            self.file_type = found["type"].strip()

    def _see_words(self, level: int, words: str) -> None:
        words = words.strip("#*_`: ")
        if "|" in words:
            return
        if several := _SEVERAL.search(words):
            count = several["count"] or several["count_2"]
            self.several_stated = int(count) if count else _COUNT_WORDS[several["word"].lower()]
        if _FORMAT_ONLY.fullmatch(words):
            self.format_stated = words
        elif _names_a_model(words):
            self._name(level, words)

    def _see_devices(self, line: str) -> None:
        if found := _FOUND.search(line):
            self.device_count, self.devices = int(found["count"]), {}
        elif found := _USING.search(line):
            self.used[found["id"]] = found["name"]
        elif found := _SMI.match(line) or _DEVICE.search(line):
            number = int(found["number"])
            self.devices = {} if number == 0 else self.devices
            self.devices[number] = found["name"].strip()
        elif found := _METAL.search(line):
            self.devices, self.device_count = {0: found["name"].strip()}, 1

    def _see_processor(self, line: str) -> None:
        if found := _LAYERS.search(line):
            self.layers = int(found["some"]), int(found["all"])
        if listed := _LOADED.match(line):
            self.loaded[_tagged(listed["model"])] = listed["shares"]
        if found := _PROCESSOR.search(line):
            self.cpu_percent = int(found["cpu"])
        elif _NO_GPU.search(line):
            self.on_processor = True

    def see_ps(self, line: str) -> None:
        """Take a row of `ollama ps` for every run of its model, below and above; the row nearest above counts."""
        if "PU" in line and (found := _LOADED.match(line[:LONGEST_CONTEXT_LINE])):
            self.loaded.setdefault(_tagged(found["model"]), found["shares"])

    def _see_loaded(self, command: Command) -> None:
        """What `ollama ps` said of the model that this command runs; a command of another model starts afresh."""
        shares = self.loaded.get(_tagged(command.model() or "")) if command.tool.startswith("ollama") else None
        if shares is not None:
            self._see_processor(f"1 GB {shares}")

    def _name(self, level: int, words: str) -> None:
        """A new name ends those of its own level and below: the model of the last heading is not this one's."""
        self._names = [*(name for name in self._names if name[0] < level), (level, words)]
        self.format_stated = ""


def cpu_flags(command: Command) -> str:
    """Why the flags of a command put work on the processor, in a clause; "" if they do not."""
    layers, experts = command.whole("layers"), command.whole("cpu_experts")
    offload = command.value("cpu_offload")
    if layers == 0:
        return "no layer was on the GPU"
    if (experts or 0) > 0 or command.states("all_cpu_experts"):
        return "experts were in system memory"
    if command.value("cpu_cache") in ("", "1") and command.states("cpu_cache"):
        return "the cache was in system memory"
    if command.states("overrides") and "CPU" in "".join(
        command.flags.get(name, "") for name in ("-ot", "--override-tensor", "--overridetensors")
    ):
        return "tensors were kept in system memory"
    if offload not in (None, "", "0"):
        return "weights were kept in system memory"
    return ""


def _tagged(model: str) -> str:
    """Ollama's name of a model with its tag, which is `latest` where none is said."""
    plain = model.lower().strip("\"'")
    return plain if ":" in plain else f"{plain}:latest"


def _names_a_model(words: str) -> bool:
    return bool(_FAMILIES.search(words) or _PACKED.search(words))


def is_remote(name: str) -> bool:
    """Whether a device's name is that of an RPC device: RPC0, RPC[10.0.0.2:50052] or an address with its port."""
    return bool(
        re.search(r"\bRPC(?:\d|\[|\b)|\b\d{1,3}(?:\.\d{1,3}){3}:\d{2,5}\b|\b[\w.-]{1,100}:5005\d\b", name, re.I)
    )


def builds_of(lines: list[str]) -> list[Build]:
    """Every build line of llama.cpp in the text."""
    return list(_builds(lines))


def build_near(builds: list[Build], *, begin: int, end: int) -> Build | None:
    """The build of the results between two lines: the line below them, else the one above, else the only one."""
    place = bisect.bisect_left(builds, begin, key=lambda build: build.line)
    below = builds[place] if place < len(builds) and builds[place].line <= end else None
    above = builds[place - 1] if place else None
    return below or above or (builds[0] if builds else None)


def _builds(lines: list[str]) -> Iterator[Build]:
    for number, line in enumerate(lines, start=1):
        if "build" in line or "version" in line:
            found = _BUILD.search(line[:LONGEST_CONTEXT_LINE])
            if found:
                yield Build(number, found["commit"] or found["commit_2"], found["number"] or found["number_2"])
