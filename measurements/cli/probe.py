"""The probe command: `python -m measurements probe` measures this machine and shows each result's share of the ceiling.

Exit code 0: measured. 1: ended in another way (out of memory, cancelled ...). 2: refused, or the request was wrong.
"""

import argparse
import json
import sys
from functools import partial

from calculator.catalog import load_catalog
from calculator.cli.flags import Parser
from calculator.units import BYTES_PER_GB
from measurements.cli.store import STORE_HELP
from measurements.probe.measure import measure
from measurements.probe.power import opened_meter
from measurements.probe.request import SMALL_MODEL, has_gpu_backend, quick_sizes, spec_for, why_no_probe
from measurements.probe.run import Json, Outcome
from measurements.records.ceilings import Ceilings, ceilings_of, machine_ceilings
from measurements.records.host import this_host
from measurements.records.listing import words
from measurements.records.record import MeasurementError
from measurements.records.spec import ProbeSpec
from measurements.records.spool import keep_or_wait
from measurements.records.store import open_store

_BAR_WIDTH = 30
_CLEAR_LINE = "\r\033[K"  # back to the beginning of the line, and clear it


def probe(arguments: list[str]) -> int:
    """Measure this machine and print the outcome as JSON."""
    parser = Parser(prog="python -m measurements probe", description="Measure this machine with mlx-lm's own code.")
    parser.add_argument(
        "model",
        nargs="?",
        default="",
        help="id of a shipped model, a config.json, a model folder or, with --tier real, owner/name",
    )
    parser.add_argument(
        "--tier",
        choices=("host", "fast", "real", "rag"),
        help="default: fast; without a model: host, then fast with a small model",
    )
    parser.add_argument("--format", default="", help="mlx-4bit, mlx-8bit, bf16 ...; a real model keeps its own format")
    parser.add_argument("--revision", default="", help="commit of owner/name, 40 hexadecimal digits")
    parser.add_argument("--depths", type=_whole_numbers, help="tokens in the cache, such as 512,8192")
    parser.add_argument("--chunk", type=int, dest="chunk_tokens", help="prompt tokens per prefill step")
    parser.add_argument("--tokens", type=int, dest="generated_tokens", help="tokens generated per trial")
    parser.add_argument("--trials", type=int, dest="trial_count", help="trials per depth")
    parser.add_argument("--batch", type=int, dest="batch_count", help="sequences at a time")
    parser.add_argument(
        "--layers",
        type=int,
        dest="distinct_layer_count",
        help="layers of each kind that get weights of their own; 0: all",
    )
    parser.add_argument("--memory-limit-gb", type=float, help="memory that the probe may use, in GB (1e9 bytes)")
    parser.add_argument("--time-limit", type=float, dest="time_limit_s", help="longest duration in seconds")
    parser.add_argument("--vectors", type=int, dest="vector_count", help="vectors in the search index (tier rag)")
    parser.add_argument("--retrieved-tokens", type=int, help="retrieved tokens to read (tier rag)")
    parser.add_argument("--wall-watts", type=float, help="watts that a wall meter shows during the run")
    parser.add_argument("--store", default=None, help=STORE_HELP)
    parser.add_argument("--json", action="store_true", help="print only the JSON")
    options = parser.parse_args(arguments)
    reason = why_no_probe()
    if reason:
        raise MeasurementError(reason)
    limits = {
        name: getattr(options, name)
        for name in (
            "depths",
            "chunk_tokens",
            "generated_tokens",
            "trial_count",
            "batch_count",
            "distinct_layer_count",
            "time_limit_s",
            "vector_count",
            "retrieved_tokens",
        )
    }
    if options.memory_limit_gb:
        limits["memory_limit_bytes"] = int(options.memory_limit_gb * BYTES_PER_GB)
    tier = options.tier or ("fast" if options.model else "host")
    form = options.format or ("" if tier in ("host", "real") else "mlx-4bit" if has_gpu_backend() else "bf16")
    specs = [spec_for(options.model, tier=tier, format_id=form, revision=options.revision, limits=limits)]
    if not options.model and options.tier is None:
        small = "mlx-4bit" if has_gpu_backend() else "bf16"
        chosen = {name: value for name, value in limits.items() if value is not None}
        specs.append(spec_for(SMALL_MODEL, tier="fast", format_id=small, limits={**quick_sizes(), **chosen}))
    catalog, store = load_catalog(), open_store(options.store)
    host, code = this_host(catalog.chips), 0
    keep = partial(keep_or_wait, append=store.append_all, url=options.store)
    for spec in specs:
        screen = _Screen(
            spec, quiet=options.json, ceilings=machine_ceilings(catalog, host=host, items=store.records(kind="host"))
        )
        with opened_meter(wall_watts=options.wall_watts) as meter:
            outcome = measure(spec, catalog=catalog, keep=keep, on_event=screen.hear, meter=meter, host=host)
        screen.end(outcome)
        print(json.dumps(_summary(outcome, spec, screen.ceilings), allow_nan=False))
        code = max(code, {"ok": 0, "refused": 2}.get(outcome.status, 1))
    return code


class _Screen:
    """The progress on stderr: the plan and its ceiling, a bar, then each result."""

    def __init__(self, spec: ProbeSpec, *, quiet: bool, ceilings: Ceilings) -> None:
        self._spec, self._quiet, self.ceilings = spec, quiet, ceilings
        self._has_bar = False

    def hear(self, event: Json) -> None:
        """Show one event of the worker."""
        if event["event"] == "hello" and self._spec.tier == "host":
            self._say("This machine", *self.ceilings.sentences())
        elif event["event"] == "plan":
            self.ceilings = ceilings_of(event, machine=self.ceilings, batch_count=self._spec.batch_count)
            self._say(self._plan_words(event), *self.ceilings.sentences())
        elif event["event"] == "compiling":
            self._say("Compiling kernels, which takes minutes the first time ...")
        elif event["event"] == "progress" and not self._quiet and sys.stderr.isatty():
            self._has_bar = True
            share = event["done"] / max(event["total"], 1)
            left = f", about {event['left_s']:.0f} s left" if "left_s" in event else ""
            bar = f"[{'#' * round(share * _BAR_WIDTH):{_BAR_WIDTH}}] {event['what']}{left}"
            print(f"{_CLEAR_LINE}{bar}", end="", file=sys.stderr, flush=True)

    def end(self, outcome: Outcome) -> None:
        """Show each result with its share of the ceiling, then each warning once."""
        if outcome.status == "ok":
            self._say(*(f"  {words(record, ceilings=self.ceilings)}" for record in outcome.records))
        else:
            self._say(f"  {outcome.status}: {outcome.sentence}")
        remarks = [remark.text for record in outcome.records for remark in record.remarks if remark.level != "info"]
        self._say(*(f"    {text}" for text in dict.fromkeys(remarks)))

    def _plan_words(self, plan: Json) -> str:
        weights, held, peak, limit = (
            plan[name] / BYTES_PER_GB for name in ("weights_bytes", "distinct_bytes", "peak_bytes", "limit_bytes")
        )
        layers = f"{plan['distinct_layers']} of {plan['layer_count']} layers"
        named = " ".join(filter(None, (self._spec.model_name or self._spec.model, self._spec.format)))
        return (
            f"{named}: weights {weights:.2f} GB, of which {held:.2f} GB in memory ({layers}); peak {peak:.2f} GB of"
            f" {limit:.2f} GB"
        )

    def _say(self, *lines: str) -> None:
        if self._has_bar and lines:
            print(_CLEAR_LINE, end="", file=sys.stderr)
            self._has_bar = False
        if not self._quiet:
            for line in lines:
                print(line, file=sys.stderr)


def _summary(outcome: Outcome, spec: ProbeSpec, ceilings: Ceilings) -> Json:
    plan = outcome.event("plan")
    return {
        "status": outcome.status,
        "sentence": outcome.sentence,
        "tier": spec.tier,
        "model": spec.model,
        "format": spec.format,
        "seconds": round(outcome.seconds, 2),
        "plan": {name: value for name, value in plan.items() if name not in ("event", "at_s")},
        "ceilings": {
            "bandwidth_gb_per_s": ceilings.bandwidth,
            "matrix_tflops": ceilings.matrix,
            "decode_tokens_per_s": {str(depth): rate for depth, rate in ceilings.decode.items()},
            "prefill_tokens_per_s": ceilings.prefill,
        },
        "records": [
            {
                "id": record.id(),
                "status": record.status,
                "depth_tokens": record.workload.depth_tokens,
                "words": words(record, ceilings=ceilings),
                "result": record.result.model_dump(mode="json", exclude_none=True),
                "remarks": [remark.model_dump() for remark in record.remarks],
            }
            for record in outcome.records
        ],
    }


def _whole_numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of whole numbers such as 512,8192") from None
