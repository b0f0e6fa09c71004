"""Measurement records: machine, software, model, workload and result, frozen.

A record's id is a hash of its whole content, so an edited record is noticed. Its content key leaves out what this
program says about it, so a measurement that arrives twice (imported again, reported again by an agent) is one row, even
where a newer version words its remarks differently.
"""

import datetime
import hashlib
import json
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from calculator.errors import sentences, why_unreadable
from calculator.evidence import Record, Remark
from calculator.scenario.json_text import whole_json
from calculator.units import NonNegative, Positive
from measurements.records.series import Count, MeasurementError, Series

SCHEMA_VERSION = 1
EXPORT_FORMAT = "local-llm-tco measurements"

Kind = Literal["host", "fast", "real", "rag", "imported", "published"]
"""host, fast, real, rag: the tiers of this tool's own probe. imported: from another tool's file. published: a third
party's reading with its source."""

Status = Literal[
    "ok",
    "rejected",
    "refused",
    "busy",
    "out-of-memory",
    "killed-by-signal",
    "stalled",
    "timed-out",
    "cancelled",
    "failed",
    "lost",
]
"""ok: usable. rejected: measured, but the trials disagree (see remarks). refused: not started, with the reason. The
others name how a probe ended; they are kept because "it ran out of memory here" is a finding."""

PowerScope = Literal["gpu", "soc", "system", "wall"]
Weights = Literal["real", "random", "random-aliased", "unknown"]


def _no_control_characters(text: str) -> str:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise ValueError("contains a control character (tab, line break, NUL ...). Remove it.")
    return text


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("contains a NUL character. Remove it.")
    return text


def _is_a_date(text: str) -> str:
    """Check for a year, a month, a day or an instant in UTC; refuses 2026-13 and 2026-02-30."""
    try:
        parts = (text + "-01-01")[:10] if len(text) < 10 else text.replace("Z", "+00:00")
        datetime.datetime.fromisoformat(parts)
    except ValueError:
        raise ValueError(f"{text!r} is not a date. Write 2026, 2026-08, 2026-08-25 or 2026-08-25T09:30:00Z.") from None
    return text


Label = Annotated[str, Field(max_length=300), AfterValidator(_no_control_characters)]
Words = Annotated[str, Field(max_length=20_000), AfterValidator(_no_nul)]
Moment = Annotated[
    str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z)?)?)?$"), AfterValidator(_is_a_date)
]
Tokens = Annotated[int, Field(ge=0, le=1_000_000_000)]
Bytes = Annotated[int, Field(ge=0, le=2**60)]


_DISTRIBUTIONS = {
    "almalinux": "AlmaLinux",
    "amzn": "Amazon Linux",
    "centos": "CentOS",
    "linuxmint": "Linux Mint",
    "nixos": "NixOS",
    "opensuse-leap": "openSUSE Leap",
    "opensuse-tumbleweed": "openSUSE Tumbleweed",
    "rhel": "RHEL",
    "rocky": "Rocky Linux",
    "sles": "SLES",
}
"""Names of distributions whose id in /etc/os-release is not their name in lower case."""


class Host(Record):
    """The machine: facts that make speeds comparable. `host_id` is a salted hash, not a serial number."""

    host_id: Label = ""
    chip: Label = Field(default="", description="id of calculator/catalog/chips, or the vendor's name in lower case")
    chip_name: Label = ""
    chip_count: Count = 1
    gpu_core_count: Annotated[int, Field(ge=0, le=10_000)] = 0
    memory_bytes: Bytes = 0
    working_set_bytes: Bytes = 0
    wired_limit_mib: Annotated[int, Field(ge=0, le=2**30)] = 0
    last_level_cache_bytes: Bytes = 0
    os: Label = ""
    os_version: Label = ""
    os_build: Label = ""
    power_source: Label = ""
    power_mode: Label = ""
    thermal: Label = ""
    load_average: NonNegative = 0
    device_arch: Label = ""

    def system_name(self) -> str:
        """System and version; of a Linux the distribution, whose version it is: "Debian 12 (Linux)"."""
        distribution = self.os_build.partition(" ")[0].strip('"') if self.os == "Linux" else ""
        if not distribution[:1].isalpha():  # a kernel's version, where the system has no name
            return f"{self.os} {self.os_version}".strip() if self.os != "Linux" else self.os
        name = _DISTRIBUTIONS.get(distribution, distribution.capitalize())
        return f"{name} {self.os_version}".strip() + ("" if "Linux" in name else " (Linux)")


class Engine(Record):
    """The software under test. `backend`: metal, cpu, cuda, vulkan, rocm ...; `wheel_tag` distinguishes M5 builds."""

    name: Label
    version: Label = ""
    mlx_lm_version: Label = ""
    backend: Label = ""
    python: Label = ""
    wheel_tag: Label = ""


class ModelUnderTest(Record):
    """The model under test. `model` and `format` are catalogue ids if known; the `_name` fields keep the raw names."""

    model: Label = ""
    model_name: Label = ""
    architecture: Label = ""
    config_sha256: Label = ""
    parameter_count: Annotated[int, Field(ge=0, le=10**15)] = 0
    weights: Weights = "unknown"
    distinct_layer_count: Annotated[int, Field(ge=0, le=100_000)] = 0
    format: Label = ""
    format_name: Label = ""
    bits: NonNegative = 0
    group_size: Annotated[int, Field(ge=0, le=100_000)] = 0
    file_bytes: Bytes = 0
    source: Label = ""
    revision: Label = ""


class Workload(Record):
    """The workload of a measurement.

    `depth_tokens` were in the cache when prefill or decode began; `prompt_tokens` were read and `generated_tokens`
    written by `batch_count` sequences at a time. Speeds are totals over the batch. `kv_fill` says whether the cache
    came from a prompt, held random keys and values, or was empty.
    """

    prompt_tokens: Tokens = 0
    depth_tokens: Tokens = 0
    generated_tokens: Tokens = 0
    batch_count: Count = 1
    prefill_step_tokens: Tokens = 0
    kv_bits: Annotated[int, Field(ge=0, le=64)] = 0
    kv_fill: Literal["prompt", "synthetic", "empty", "unknown"] = "unknown"
    split: Label = ""
    speculative: bool = False
    vector_count: Tokens = 0
    retrieved_tokens: Tokens = 0

    def decode_context_tokens(self) -> int:
        """Mean number of tokens in the cache during decode."""
        return self.depth_tokens + (self.prompt_tokens if self.generated_tokens else 0) + self.generated_tokens // 2


class Result(Record):
    """The results; an absent one is unknown, never zero."""

    decode_tokens_per_s: Series | None = None
    prefill_tokens_per_s: Series | None = None
    time_to_first_token_s: Series | None = None
    load_s: NonNegative | None = None
    weights_bytes: Bytes | None = None
    distinct_weights_bytes: Bytes | None = None
    read_bytes_per_token: Bytes | None = None
    kv_cache_bytes: Bytes | None = None
    transient_bytes: Bytes | None = None
    peak_bytes: Bytes | None = None
    ceiling_decode_tokens_per_s: Positive | None = None
    bandwidth_gb_per_s: Series | None = None
    layer_overhead_us: Series | None = None
    matrix_tflops: Series | None = None
    embed_s: Series | None = None
    search_s: Series | None = None
    retrieved_prefill_s: Series | None = None
    mean_power_w: NonNegative | None = None
    energy_j_per_token: NonNegative | None = None
    power_scope: PowerScope | None = None

    @model_validator(mode="after")
    def _power_has_its_scope(self) -> Self:
        if (self.mean_power_w is not None or self.energy_j_per_token is not None) and self.power_scope is None:
            raise ValueError(
                "power_scope is missing although power is given. Add gpu, soc, system or wall, because scopes must"
                " never be mixed."
            )
        return self


class Provenance(Record):
    """The origin of a record: a run of this tool, or somebody else's file or page."""

    tool: Label = ""
    tool_version: Label = ""
    file_name: Label = ""
    place: Label = Field(default="", description="line, row or object within the file")
    source: Label = ""
    source_as_of: Label = ""
    licence: Label = ""
    raw: Words = Field(default="", description="the row as it was found")


class Measurement(Record):
    """One complete measurement.

    `id()` hashes everything, `content_key()` what was measured, `settings_key()` is equal for repetitions.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    kind: Kind
    status: Status = "ok"
    run: Label = Field(default="", description="ties together what one run measured")
    measured_at: Moment
    host: Host = Host()
    engine: Engine
    model: ModelUnderTest = ModelUnderTest()
    workload: Workload = Workload()
    result: Result = Result()
    provenance: Provenance = Provenance()
    remarks: tuple[Remark, ...] = Field(default=(), max_length=100)
    notes: Words = ""

    def canonical_json(self) -> str:
        """The canonical JSON of this record: sorted keys, no spaces, ASCII."""
        return json.dumps(
            self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
        )

    def id(self) -> str:
        """Thirty-two hexadecimal digits of the SHA-256 of the content."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()[:32]

    def content_key(self) -> str:
        """Equal for two records of the same measurement, whatever their remarks and notes say.

        Fields at their defaults are left out, so that a field added later changes no key. SHA-256, 32 digits.
        """
        content = self.model_dump(mode="json", exclude={"remarks", "notes"}, exclude_defaults=True)
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def settings_key(self) -> str:
        """Equal for two runs of the same thing on the same kind of machine with the same software."""
        host, engine, model = self.host, self.engine, self.model
        parts: list[Any] = [
            host.chip,
            host.chip_count,
            host.gpu_core_count,
            host.memory_bytes,
            host.power_mode,
            host.wired_limit_mib,
            host.os,
            *host.os_version.split(".")[:2],
            engine.name,
            engine.backend,
            engine.version,
            engine.mlx_lm_version,
            engine.wheel_tag,
            model.config_sha256 or model.model or model.model_name,
            model.format or model.format_name,
            model.bits,
            model.group_size,
            model.weights,
            self.kind,
            self.workload.model_dump(mode="json"),
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def parse_measurement(text: str) -> Measurement:
    """A record from its JSON; raises MeasurementError with one sentence per problem."""
    try:
        return Measurement.model_validate(_object(whole_json(text, parse_constant=_refuse_constant)))
    except ValidationError as error:
        raise MeasurementError(" ".join(sentences(error, Measurement))) from None
    except MeasurementError:
        raise
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits are no JSONDecodeError
        raise MeasurementError(f"The record is not valid JSON ({why_unreadable(error)}). Export it again.") from None


def measurement_of(fields: Any) -> Measurement:
    """A record from a decoded JSON object; raises MeasurementError with one sentence per problem."""
    try:
        return Measurement.model_validate(_object(fields))
    except ValidationError as error:
        raise MeasurementError(" ".join(sentences(error, Measurement))) from None


def now() -> str:
    """The current time in UTC, to the microsecond."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _object(fields: Any) -> Any:
    version: Any = fields.get("schema_version", SCHEMA_VERSION) if isinstance(fields, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise MeasurementError(
            f"The record has schema version {version}; this program reads versions up to {SCHEMA_VERSION}. Update the"
            " program."
        )
    return fields  # pyright: ignore[reportUnknownVariableType]


def _refuse_constant(word: str) -> float:
    raise MeasurementError(f"The record contains {word}; numbers must be finite. Omit a field whose value is unknown.")
