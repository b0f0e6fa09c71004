"""Can this measurement be true? Shows each record to the calculator's physics before it may enter the store.

The rules stand in calculator/plausible.py and are the same as for the published table: nothing beats the chip's
bandwidth or arithmetic, a file has the size of its format, a prompt is read faster than an answer is written, weights
fit the memory. So a prefill rate given as decode, a warm cache, the sum of many streams given as one, and GiB read as
GB are found. A record of a chip, model or format that the catalogue does not know cannot be judged and passes: nothing
in the product will ever use it.
"""

from collections.abc import Callable

from calculator.catalog import Catalog
from calculator.observed import Case, case_of
from calculator.plausible import decode_refusal, peak_memory_refusal, prefill_refusal
from calculator.published import rows_of
from calculator.units import BYTES_PER_GB
from measurements.record import Measurement


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
