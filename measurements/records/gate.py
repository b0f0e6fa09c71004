"""Physics gate of the store: refuses records that cannot be true.

The rules are those of the published table (calculator.calibration.gate): nothing beats the chip's bandwidth or
arithmetic, a file has the size of its format, prefill is faster than decode, weights fit the memory. This catches a
prefill rate stated as decode, a warm cache, the sum of many streams stated as one, and GiB read as GB. A record whose
chip, model or format is not in the catalogue passes unchecked, because nothing in the product uses it.
"""

from collections.abc import Callable

from calculator.calibration.cases import Case, case_of
from calculator.calibration.gate import decode_refusal, peak_memory_refusal, prefill_refusal
from calculator.calibration.rows import rows_of
from calculator.catalog import Catalog
from calculator.physics.memory.weights import weights_bytes
from calculator.units import BYTES_PER_GB, BYTES_PER_GIB, digits
from measurements.records.record import Measurement

FILE_TOLERANCE_FRACTION = 0.01
"""28 published file sizes of standard formats lie within 0.3 % of ours (tests/fixtures/published_file_sizes.csv); GiB
read as GB is 7 % off."""


def gate_of(catalog: Catalog) -> Callable[[Measurement], str | None]:
    """The gate with this catalogue's chips, models and formats."""
    return lambda record: refusal(record, catalog=catalog)


def refusal(record: Measurement, *, catalog: Catalog) -> str | None:
    """Why physics refuses this record, in one sentence; None if it does not, or cannot be applied."""
    if record.status != "ok" or record.kind in ("host", "rag"):
        return None
    case = case_of_record(record, catalog=catalog)
    if isinstance(case, str):
        return None
    if (reason := _gib_as_gb_refusal(record, case)) is not None:
        return reason
    result = record.result
    checks = (
        ("decode", result.decode_tokens_per_s, decode_refusal),
        ("prefill", result.prefill_tokens_per_s, prefill_refusal),
        (
            "peak memory",
            result.peak_bytes if record.kind in ("imported", "published", "real") else None,
            peak_memory_refusal,
        ),
    )
    for name, value, check in checks:
        reason = check(case) if value is not None else None
        if reason is not None:
            return f"{name}: {reason}."
    return None


def _gib_as_gb_refusal(record: Measurement, case: Case) -> str | None:
    """The refusal of GiB stated as GB: a file 7 % short of its format, or a peak below the weights."""
    size, stated, peak = (
        weights_bytes(case.deployment.model, format=case.deployment.format),
        record.model.file_bytes,
        record.result.peak_bytes,
    )
    meant_bytes = stated * BYTES_PER_GIB / BYTES_PER_GB
    if stated and abs(meant_bytes / size - 1) < FILE_TOLERANCE_FRACTION:
        return (
            f"file size: {digits(stated / BYTES_PER_GB, 4)} GB was stated, but this format takes "
            f"{digits(size / BYTES_PER_GB, 4)} GB: GiB were read as GB."
        )
    whole_model_held = record.engine.name == "mlx-lm" and record.kind in ("imported", "real")
    if whole_model_held and peak and size / 2 < peak < (1 - FILE_TOLERANCE_FRACTION) * size:
        return (
            f"peak memory: {digits(peak / BYTES_PER_GB, 4)} GB was stated, less than the "
            f"{digits(size / BYTES_PER_GB, 4)} GB of the weights. Either GiB were read as GB, or the format is another "
            "one."
        )
    return None


def case_of_record(record: Measurement, *, catalog: Catalog) -> Case | str:
    """The record as a row of the published table with its catalogue entries, or why it has none."""
    result, work, model = record.result, record.workload, record.model
    decode, prefill = result.decode_tokens_per_s, result.prefill_tokens_per_s
    row = {
        "id": "record",
        "device_id": record.host.chip,
        "device_count": str(record.host.chip_count),
        "model_id": model.model,
        "runtime_id": record.engine.name,
        "format_id": model.format,
        "file_size_gb": f"{model.file_bytes / BYTES_PER_GB}" if model.file_bytes else "",
        "prompt_tokens": f"{work.prompt_tokens}" if work.prompt_tokens else "",
        "context_depth": f"{work.depth_tokens}",
        "batch": f"{work.batch_count}",
        "prefill_tok_s": f"{prefill.central}" if prefill is not None else "",
        "decode_tok_s": f"{decode.central}" if decode is not None else "",
        "peak_memory_gb": f"{result.peak_bytes / BYTES_PER_GB}" if result.peak_bytes else "",
        "plausible": "True",
        "speculative": f"{work.speculative}",
        "source": "this store",
        "notes": "TP tensor parallel" if work.split in ("row", "tensor") else "",
    }
    return case_of(rows_of([row])[0], catalog)
