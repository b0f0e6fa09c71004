"""`python -m measurements probe`: measure this machine and show it. The physical ceiling first, then each result's share of it.

Exit code 0: measured. 1: ended otherwise (out of memory, cancelled ...). 2: refused, or the request was wrong.
"""

import argparse
import json
import sys
import threading

from calculator.catalog import Catalog, load_catalog
from calculator.units import BYTES_PER_GB
from measurements.asking import (
    SMALL_MODEL,
    bandwidth_here_gb_per_s,
    has_gpu_backend,
    quick_sizes,
    spec_for,
    why_no_probe,
)
from measurements.commands import STORE_HELP, result_words
from measurements.environment import this_host
from measurements.measure import measure
from measurements.power import best_meter
from measurements.probe import Json, Outcome
from measurements.record import Host, Measurement, MeasurementError
from measurements.spec import ProbeSpec
from measurements.store import Store, open_store


def probe(arguments: list[str]) -> int:
    """Measure this machine."""
    parser = argparse.ArgumentParser(
        prog="python -m measurements probe", description="Measure this machine with mlx-lm's own code."
    )
    parser.add_argument(
        "model",
        nargs="?",
        default="",
        help="a shipped model's id, a config.json, a model folder, or owner/name with --tier real",
    )
    parser.add_argument(
        "--tier",
        choices=("host", "fast", "real", "rag"),
        help="fast unless no model is named: then host and a small model",
    )
    parser.add_argument(
        "--format", default="", help="mlx-4bit, mlx-8bit, bf16 ...; a real model's own format is taken as it is"
    )
    parser.add_argument("--revision", default="", help="40 hexadecimal digits, for owner/name")
    parser.add_argument("--depths", type=_whole_numbers, help="tokens in the cache, for example 512,8192")
    parser.add_argument("--chunk", type=int, dest="chunk_tokens", help="tokens read at once")
    parser.add_argument("--tokens", type=int, dest="generated_tokens", help="tokens written per trial")
    parser.add_argument("--trials", type=int, dest="trial_count")
    parser.add_argument("--batch", type=int, dest="batch_count")
    parser.add_argument(
        "--layers", type=int, dest="distinct_layer_count", help="distinct layers of each kind; 0 for all"
    )
    parser.add_argument("--memory-limit-gb", type=float)
    parser.add_argument("--time-limit", type=float, dest="time_limit_s", help="seconds")
    parser.add_argument("--vectors", type=int, dest="vector_count", help="vectors in the index (tier rag)")
    parser.add_argument("--retrieved-tokens", type=int)
    parser.add_argument("--wall-watts", type=float, help="what a meter at the socket shows while it works")
    parser.add_argument("--store", default=None, help=STORE_HELP)
    parser.add_argument("--json", action="store_true", help="nothing but the JSON on stdout")
    options = parser.parse_args(arguments)
    reason = why_no_probe()
    if reason:
        raise MeasurementError(reason)
    limits = {name: getattr(options, name) for name in (
        "depths", "chunk_tokens", "generated_tokens", "trial_count", "batch_count", "distinct_layer_count", "time_limit_s", "vector_count", "retrieved_tokens",
    )}  # fmt: skip
    if options.memory_limit_gb:
        limits["memory_limit_bytes"] = int(options.memory_limit_gb * BYTES_PER_GB)
    tier = options.tier or ("fast" if options.model else "host")
    form = options.format or ("" if tier in ("host", "real") else "mlx-4bit" if has_gpu_backend() else "bf16")
    specs = [spec_for(options.model, tier=tier, format_id=form, revision=options.revision, limits=limits)]
    if not options.model and options.tier is None:
        small = "mlx-4bit" if has_gpu_backend() else "bf16"
        chosen = {name: value for name, value in limits.items() if value is not None}
        specs.append(spec_for(SMALL_MODEL, tier="fast", format_id=small, limits={**quick_sizes(), **chosen}))
    catalog, store, meter = load_catalog(), open_store(options.store), best_meter(wall_watts=options.wall_watts)
    host = this_host(catalog.chips)
    code = 0
    for spec in specs:
        screen = _Screen(spec, quiet=options.json, bandwidth_gb_per_s=_bandwidth(catalog, host, store))
        outcome = measure(spec, catalog=catalog, store=store, on_event=screen.hear, meter=meter, host=host)
        screen.end(outcome)
        print(json.dumps(_summary(outcome, spec, screen), allow_nan=False))
        code = max(code, {"ok": 0, "refused": 2}.get(outcome.status, 1))
    return code


class _Screen:
    """What a person sees while it runs, on stderr: the plan, the ceiling before measuring, a bar, each result."""

    def __init__(self, spec: ProbeSpec, *, quiet: bool, bandwidth_gb_per_s: float | None) -> None:
        self._spec, self._quiet, self.bandwidth_gb_per_s = spec, quiet, bandwidth_gb_per_s
        self.ceilings: dict[int, float] = {}
        self._cancelled = threading.Event()

    def hear(self, event: Json) -> None:
        """One event of the worker."""
        if event["event"] == "plan":
            self._say_plan(event)
        elif event["event"] == "progress" and not self._quiet and sys.stderr.isatty():
            share = event["done"] / max(event["total"], 1)
            left = f", {event['left_s']:.0f} s left" if "left_s" in event else ""
            print(f"\r[{'#' * round(share * 30):30}] {event['what']}{left}      ", end="", file=sys.stderr, flush=True)

    def end(self, outcome: Outcome) -> None:
        """Each result with its share of the ceiling."""
        self._say(f"\n{outcome.sentence}" if outcome.status != "ok" else "")
        for record in outcome.records:
            self._say(f"  {result_words(record)}{self._share_words(record)}")
            for remark in record.remarks:
                if remark.level != "info":
                    self._say(f"    {remark.text}")

    def ceiling(self, record: Measurement) -> float | None:
        """The decode speed that bandwidth alone would allow this record's case."""
        return self.ceilings.get(record.workload.depth_tokens) if record.result.decode_tokens_per_s else None

    def _share_words(self, record: Measurement) -> str:
        ceiling, decode = self.ceiling(record), record.result.decode_tokens_per_s
        return f", {decode.central / ceiling:.0%} of the ceiling" if ceiling and decode else ""

    def _say_plan(self, plan: Json) -> None:
        self._say(
            f"{self._spec.model_name or self._spec.model}: weights {plan['weights_bytes'] / BYTES_PER_GB:.2f} GB, held here "
            f"{plan['distinct_bytes'] / BYTES_PER_GB:.2f} GB in {plan['distinct_layers']} of {plan['layer_count']} layers; "
            f"peak of the probe {plan['peak_bytes'] / BYTES_PER_GB:.2f} GB of {plan['limit_bytes'] / BYTES_PER_GB:.2f} GB"
        )
        if self.bandwidth_gb_per_s is None:
            self._say(
                "The ceiling is unknown: the catalogue does not know this chip. `--tier host` measures its bandwidth."
            )
            return
        for depth, kv in zip(plan["depths"], plan["kv_bytes"], strict=True):
            self.ceilings[depth] = (
                self.bandwidth_gb_per_s * BYTES_PER_GB * self._spec.batch_count / (plan["read_bytes_per_token"] + kv)
            )
            self._say(
                f"Ceiling at {depth} tokens: {self.ceilings[depth]:.1f} token/s from {self.bandwidth_gb_per_s:g} GB/s"
            )

    def _say(self, words: str) -> None:
        if words and not self._quiet:
            print(words, file=sys.stderr)


def _bandwidth(catalog: Catalog, host: Host, store: Store) -> float | None:
    """The catalogue's figure for this chip, else the newest one that the host probe measured here."""
    stated = bandwidth_here_gb_per_s(catalog, host=host)
    if stated is not None:
        return stated
    found = [
        item.record.result.bandwidth_gb_per_s
        for item in store.records(kind="host")
        if item.record.host.host_id == host.host_id
    ]
    return next((series.central for series in reversed(found) if series is not None), None)


def _summary(outcome: Outcome, spec: ProbeSpec, screen: _Screen) -> Json:
    plan = outcome.event("plan")
    return {
        "status": outcome.status, "sentence": outcome.sentence, "tier": spec.tier, "model": spec.model, "format": spec.format,
        "seconds": round(outcome.seconds, 2), "plan": {name: value for name, value in plan.items() if name not in ("event", "at_s")},
        "bandwidth_gb_per_s": screen.bandwidth_gb_per_s,
        "records": [
            {
                "id": record.id(), "status": record.status, "depth_tokens": record.workload.depth_tokens,
                "result": record.result.model_dump(mode="json", exclude_none=True), "ceiling_tokens_per_s": screen.ceiling(record),
                "remarks": [remark.model_dump() for remark in record.remarks],
            }
            for record in outcome.records
        ],
    }  # fmt: skip


def _whole_numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of whole numbers, as in 512,8192") from None
