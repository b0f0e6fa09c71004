"""The probe agent: `python -m measurements agent --queue postgresql://...` runs a team's requests from its database.

The queue is Procrastinate's, on the PostgreSQL of the measurements. A request names a shipped model, a tier and a
format, never a path or an address, so it cannot make a machine read or fetch anything. A job whose agent has lost its
heartbeat is taken over by another agent, unless somebody has touched it since; after MOST_ATTEMPTS agents it is given
up.
"""

import asyncio
import contextlib
import importlib
import sys
from functools import partial
from typing import Any

from calculator.catalog import load_catalog
from calculator.cli.flags import Parser
from measurements.models.ask_mlx_lm import shipped_config_ids
from measurements.probe.measure import measure
from measurements.probe.power import opened_meter
from measurements.probe.request import spec_for, why_no_probe
from measurements.records.record import MeasurementError
from measurements.records.spool import keep_or_wait
from measurements.records.store import open_store
from measurements.records.store_connection import address_of_the_environment
from measurements.visitors import NotAllowedError, mode_of

TASK = "local_llm_tco.probe"
STALLED_AFTER_S = 30.0
HEARTBEAT_S = 5.0  # six may fail before an agent counts as silent
START_AGAIN_S = 1.0
MOST_ATTEMPTS = 3
ALLOWED_TIERS = ("host", "fast")


def main(arguments: list[str]) -> int:
    """Run requests until stopped or, with --once, until the queue is empty."""
    parser = Parser(
        prog="python -m measurements agent", description="Run probe requests from a team's PostgreSQL queue."
    )
    parser.add_argument(
        "--queue",
        default=address_of_the_environment(),
        help="postgresql://user@host/name (default: MEASUREMENTS_URL or the file that MEASUREMENTS_URL_FILE names)",
    )
    parser.add_argument("--host-class", default="probe", help="name of the queue, one per kind of machine")
    parser.add_argument("--once", action="store_true", help="stop when the queue is empty")
    parser.add_argument("--enqueue", metavar="MODEL", help="add one request to the queue and exit")
    parser.add_argument("--tier", choices=ALLOWED_TIERS, default="fast", help="with --enqueue: what to measure")
    parser.add_argument("--format", default="mlx-4bit", help="with --enqueue: the weight format")
    options = parser.parse_args(arguments)
    if not options.queue.startswith(("postgresql://", "postgres://")):
        raise MeasurementError(
            "The queue needs a PostgreSQL address. Give --queue postgresql://user@host/name or set MEASUREMENTS_URL."
        )
    app = application(options.queue)
    with app.open():
        prepare(app)
        if options.enqueue is not None:
            number = request(
                app, model=options.enqueue, tier=options.tier, format_id=options.format, host_class=options.host_class
            )
            print(f"Request {number} was added to the queue {options.host_class}.")
            return 0
    reason = why_no_probe()
    if reason:
        raise MeasurementError(reason)
    asyncio.run(work(app, host_class=options.host_class, once=options.once))
    return 0


async def work(app: Any, *, host_class: str, once: bool) -> None:
    """Run one request after another, and every STALLED_AFTER_S requeue the requests of silent agents.

    An agent whose worker row or database connection is gone (a notebook that slept) starts again after START_AGAIN_S.
    """
    lost = importlib.import_module("procrastinate.exceptions").ConnectorException
    async with app.open_async():
        await retry_stalled(app)
        watch = asyncio.create_task(_keep_retrying(app, lost))
        try:
            while True:
                try:
                    await app.run_worker_async(
                        queues=[host_class],
                        wait=not once,
                        concurrency=1,
                        listen_notify=not once,
                        update_heartbeat_interval=HEARTBEAT_S,
                        stalled_worker_timeout=STALLED_AFTER_S,
                    )
                    return
                except lost as error:
                    if once:
                        raise MeasurementError(f"The queue cannot be used: {_reason(error)}.") from error
                    print(f"Lost the connection to the queue ({_reason(error)}); trying again.", file=sys.stderr)
                    await asyncio.sleep(START_AGAIN_S)
        finally:
            watch.cancel()


def application(queue_url: str) -> Any:
    """The Procrastinate app with its one task; raises MeasurementError if the package is not installed."""
    try:
        procrastinate: Any = importlib.import_module("procrastinate")
    except ImportError:
        raise MeasurementError(
            "The agent needs the package procrastinate. Run `pip install 'procrastinate>=3.10' 'psycopg[binary,pool]'`."
        ) from None
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=queue_url))

    @app.task(name=TASK, retry=procrastinate.RetryStrategy(max_attempts=MOST_ATTEMPTS, wait=10))  # type: ignore[misc]
    def probe(model: str, tier: str, format_id: str) -> str:  # pyright: ignore[reportUnusedFunction]
        return perform(model=model, tier=tier, format_id=format_id, store_url=queue_url)

    return app


def perform(*, model: str, tier: str, format_id: str, store_url: str) -> str:
    """Measure one request here, store the records, and return the outcome's status."""
    check_request(model=model, tier=tier)
    spec = spec_for(model if tier == "fast" else "", tier="fast" if tier == "fast" else "host", format_id=format_id)
    with opened_meter() as meter:
        keep = partial(keep_or_wait, append=open_store(store_url).append_all, url=store_url)
        return measure(spec, catalog=load_catalog(), keep=keep, meter=meter).status


def check_request(*, model: str, tier: str) -> None:
    """Raises MeasurementError unless the request names a shipped model and a tier that needs no path.

    A public server neither makes nor runs requests: NotAllowedError.
    """
    if mode_of() == "public":
        raise NotAllowedError("TCO_MODE is public, where no probe is requested or run. Set team or local.")
    if tier not in ALLOWED_TIERS:
        raise MeasurementError(f"tier is {tier[:40]!r}; an agent accepts {' and '.join(ALLOWED_TIERS)}.")
    if tier == "fast" and model not in shipped_config_ids():
        raise MeasurementError(
            f"model is {model[:80]!r}; an agent accepts shipped models only, such as"
            f" {', '.join(shipped_config_ids()[:5])}."
        )


def request(app: Any, *, model: str, tier: str, format_id: str, host_class: str) -> int:
    """Add one request to the queue and return its number."""
    check_request(model=model, tier=tier)
    return int(app.configure_task(TASK, queue=host_class).defer(model=model, tier=tier, format_id=format_id))


def prepare(app: Any) -> None:
    """Create the queue's tables if they are missing."""
    if not app.check_connection():
        app.schema_manager.apply_schema()


_REQUEUE = """
UPDATE procrastinate_jobs
   SET status = (CASE WHEN attempts + 1 < %(most)s THEN 'todo' ELSE 'failed' END)::procrastinate_job_status,
       attempts = attempts + 1, worker_id = NULL, scheduled_at = NULL
 WHERE id = %(id)s AND status = 'doing' AND attempts = %(attempts)s
   AND worker_id IS NOT DISTINCT FROM %(worker)s::bigint
RETURNING status::text
"""
"""Requeues a job only if nobody has touched it since it was listed. Procrastinate's own retry_job checks the status
alone and can take a request from a live agent that has just started it (procrastinate 3.10.0, read 2026-11-22)."""


async def retry_stalled(app: Any) -> int:
    """Return the requests of silent agents to the queue, and how many this call returned."""
    count = 0
    for job in await app.job_manager.get_stalled_jobs(task_name=TASK, seconds_since_heartbeat=STALLED_AFTER_S):
        seen = {"id": job.id, "attempts": job.attempts, "worker": job.worker_id, "most": MOST_ATTEMPTS}
        rows = await app.connector.execute_query_all_async(_REQUEUE, **seen)
        if rows and rows[0]["status"] == "todo":
            count += 1
            print(f"Request {job.id} is back in the queue: its agent went silent.", file=sys.stderr)
        elif rows:
            print(
                f"Request {job.id} is given up: {MOST_ATTEMPTS} agents went silent while running it.", file=sys.stderr
            )
    return count


async def _keep_retrying(app: Any, lost: type[Exception]) -> None:
    while True:
        await asyncio.sleep(STALLED_AFTER_S)
        with contextlib.suppress(lost):  # the worker reports the lost database; the next round tries again
            await retry_stalled(app)


def _reason(error: Exception) -> str:
    """The first line of the database's own message, which Procrastinate wraps."""
    return (str(error.__cause__ or error).strip().splitlines() or [type(error).__name__])[0]
