"""`python -m measurements agent --queue postgresql://...`: a machine that takes a team's probe requests from its database.

The queue is Procrastinate's, on the same PostgreSQL as the measurements: nothing else to run or to secure, and the
agent dials out. A request names a shipped model, a tier and a format, never a path or an address, so that who may ask
for a probe cannot make a machine read or fetch anything. An agent that dies leaves its job to be found by its missing
heartbeat and done again by the next one; the record's id makes a report that arrives twice one row.
"""

import argparse
import asyncio
import importlib
import os
import sys
from typing import Any

from calculator.catalog import load_catalog
from measurements.asking import spec_for, why_no_probe
from measurements.lazy import shipped_config_ids
from measurements.measure import measure
from measurements.record import MeasurementError
from measurements.store import URL_VARIABLE, open_store

TASK = "local_llm_tco.probe"
STALLED_AFTER_S = 30
ALLOWED_TIERS = ("host", "fast")


def main(arguments: list[str]) -> int:
    """Work until stopped, or until the queue is empty with --once."""
    parser = argparse.ArgumentParser(
        prog="python -m measurements agent", description="Take probe requests from a team's PostgreSQL queue."
    )
    parser.add_argument(
        "--queue", default=os.environ.get(URL_VARIABLE, ""), help="postgresql://...; else MEASUREMENTS_URL"
    )
    parser.add_argument("--host-class", default="probe", help="name of the queue: requests for one kind of machine")
    parser.add_argument("--once", action="store_true", help="end when the queue is empty")
    parser.add_argument("--enqueue", metavar="MODEL", help="put one request into the queue instead of working")
    parser.add_argument("--tier", choices=ALLOWED_TIERS, default="fast")
    parser.add_argument("--format", default="mlx-4bit")
    options = parser.parse_args(arguments)
    if not options.queue.startswith(("postgresql://", "postgres://")):
        raise MeasurementError(
            "The queue needs a PostgreSQL address: --queue postgresql://user@host/name, or MEASUREMENTS_URL."
        )
    app = application(options.queue)
    with app.open():
        prepare(app)
        if options.enqueue is not None:
            number = request(
                app, model=options.enqueue, tier=options.tier, format_id=options.format, host_class=options.host_class
            )
            print(f"Request {number} is in the queue {options.host_class}.")
            return 0
    reason = why_no_probe()
    if reason:
        raise MeasurementError(reason)
    asyncio.run(work(app, host_class=options.host_class, once=options.once))
    return 0


async def work(app: Any, *, host_class: str, once: bool) -> None:
    """Take one request after the other; every half minute, take up again those of agents that fell silent."""
    async with app.open_async():
        await retry_stalled(app)
        watch = asyncio.create_task(_keep_retrying(app))
        try:
            await app.run_worker_async(queues=[host_class], wait=not once, concurrency=1, listen_notify=not once)
        finally:
            watch.cancel()


def application(queue_url: str) -> Any:
    """The Procrastinate app with its one task; raises MeasurementError where the package is not installed."""
    try:
        procrastinate: Any = importlib.import_module("procrastinate")
    except ImportError:
        raise MeasurementError(
            "The agent needs the package procrastinate. Run `pip install 'procrastinate>=3.10' 'psycopg[binary,pool]'`."
        ) from None
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=queue_url))

    @app.task(name=TASK, retry=procrastinate.RetryStrategy(max_attempts=3, wait=10))  # type: ignore[misc]
    def probe(model: str, tier: str, format_id: str) -> str:  # pyright: ignore[reportUnusedFunction]
        return perform(model=model, tier=tier, format_id=format_id, store_url=queue_url)

    return app


def perform(*, model: str, tier: str, format_id: str, store_url: str) -> str:
    """One request: measured here, reported to the store; the outcome's status."""
    check_request(model=model, tier=tier)
    spec = spec_for(model if tier == "fast" else "", tier="fast" if tier == "fast" else "host", format_id=format_id)
    return measure(spec, catalog=load_catalog(), store=open_store(store_url)).status


def check_request(*, model: str, tier: str) -> None:
    """Raises MeasurementError unless the request names a shipped model and a tier that needs no path."""
    if tier not in ALLOWED_TIERS:
        raise MeasurementError(f"tier is {tier[:40]!r}; an agent takes {' or '.join(ALLOWED_TIERS)}.")
    if tier == "fast" and model not in shipped_config_ids():
        raise MeasurementError(
            f"model is {model[:80]!r}; an agent takes shipped models only: {', '.join(shipped_config_ids()[:5])} ..."
        )


def request(app: Any, *, model: str, tier: str, format_id: str, host_class: str) -> int:
    """Put one request into the queue; its number."""
    check_request(model=model, tier=tier)
    return int(app.configure_task(TASK, queue=host_class).defer(model=model, tier=tier, format_id=format_id))


def prepare(app: Any) -> None:
    """Make the queue's tables where they are missing."""
    if not app.check_connection():
        app.schema_manager.apply_schema()


async def retry_stalled(app: Any) -> int:
    """Give the requests of silent agents back to the queue; how many."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S))
    for job in stalled:
        await app.job_manager.retry_job(job)
        print(f"Request {job.id} of an agent that fell silent is taken up again.", file=sys.stderr)
    return len(stalled)


async def _keep_retrying(app: Any) -> None:
    while True:
        await asyncio.sleep(STALLED_AFTER_S)
        await retry_stalled(app)
