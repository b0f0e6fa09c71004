"""Can this measurement be true? Shows each record to the calculator's physics before it may enter the store.

The rules stand in calculator/calibration/gate.py and are the same as for the published table: nothing beats the chip's
bandwidth or arithmetic, a file has the size of its format, a prompt is read faster than an answer is written, weights
fit the memory. So a prefill rate given as decode, a warm cache, the sum of many streams given as one, and GiB read as
GB are found. A record of a chip, model or format that the catalogue does not know cannot be judged and passes: nothing
in the product will ever use it.
"""

from collections.abc import Callable

from calculator.calibration.cases import Case, case_of
from calculator.calibration.gate import decode_refusal, peak_memory_refusal, prefill_refusal
from calculator.calibration.rows import rows_of
from calculator.catalog import Catalog
from calculator.physics.memory.weights import weights_bytes
from calculator.units import BYTES_PER_GB, BYTES_PER_GIB
from measurements.records.record import Measurement

FILE_TOLERANCE_FRACTION = 0.01
"""28 published file sizes of standard formats lie within 0.3 % of ours (tests/fixtures/published_file_sizes.csv); GiB
for GB is 7 % off."""


def gate_of(catalog: Catalog) -> Callable[[Measurement], str | None]:
    """The gate with this catalogue's chips, models and formats."""
    return lambda record: refusal(record, catalog=catalog)


def refusal(record: Measurement, *, catalog: Catalog) -> str | None:
    """Why physics refuses this record, in one sentence; None where it does not, or cannot judge."""
    if record.status != "ok" or record.kind in ("host", "rag"):
        return None
    case = case_of_record(record, catalog=catalog)
    if isinstance(case, str):
        return None
    if (reason := _gibibytes(record, case)) is not None:
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


def _gibibytes(record: Measurement, case: Case) -> str | None:
    """Sizes that are right in GiB and were stated as GB: a file a fourteenth short of its format, a peak below the weights."""
    size, stated, peak = (
        weights_bytes(case.deployment.model, format=case.deployment.format),
        record.model.file_bytes,
        record.result.peak_bytes,
    )
    in_gib = stated * BYTES_PER_GIB / BYTES_PER_GB
    if stated and abs(in_gib / size - 1) < FILE_TOLERANCE_FRACTION:
        return (
            f"file size: {stated / BYTES_PER_GB:.4g} GB were stated; this format takes {size / BYTES_PER_GB:.4g} GB, which is as many GiB. "
            "GiB were read as GB."
        )
    whole_model_held = record.engine.name == "mlx-lm" and record.kind in ("imported", "real")
    if whole_model_held and peak and size / 2 < peak < (1 - FILE_TOLERANCE_FRACTION) * size:
        return (
            f"peak memory: {peak / BYTES_PER_GB:.4g} GB were stated, less than the weights' {size / BYTES_PER_GB:.4g} GB. "
            "Perhaps GiB were read as GB, or it is another format."
        )
    return None


def case_of_record(record: Measurement, *, catalog: Catalog) -> Case | str:
    """The record as a row of the published table with the catalogue's entries that it names, or why it has none."""
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
