"""Measurements page: this server's machine, what fits on it, its probes, imported files and the stored records."""

import functools
from collections.abc import Sequence
from typing import Any, TypedDict, cast

import streamlit as st

from calculator import Catalog
from calculator.catalog.models import WeightClass
from calculator.decision.comparison import Comparison
from calculator.decision.memory_words import SEVERAL_CARDS
from calculator.errors import CalculatorError
from calculator.physics.memory.format_words import plain_name
from calculator.physics.models_that_fit import FitHere, fits_here, room_here, weight_classes_here
from calculator.units import BYTES_PER_GB, digits
from views.desk import Desk, HostFacts, ProbeJob
from views.drawing import draw_table
from views.look import gb, markdown_text
from views.measurement_parts import show_list, show_upload
from views.used_measurements import show_used

NOT_A_SPEED = ":orange-badge[not a local-LLM speed]"
_POLL_RUNNING_S = 0.5
_POLL_IDLE_S = 3.0  # so that a second visitor sees a probe that somebody else has started
_CONTEXTS = (2_048, 8_192, 32_768, 131_072)
_TIERS = {"host": "This machine itself", "fast": "A model"}
_DEPTHS_SHOWN_GPU, _DEPTHS_SHOWN_CPU = (512, 8_192), (64, 256)
_SMALL_MODEL = "qwen3-0.6b"
_TABLE_HEIGHT_PX = 320


class _Request(TypedDict):
    """A probe request, as the desk takes it."""

    tier: str
    model: str
    format_id: str
    depths: Sequence[int]
    trial_count: int


def show_measurements(
    desk: Desk,
    *,
    catalog: Catalog,
    comparison: Comparison,
    probe_formats: Sequence[str],
    probe_depths: Sequence[int],
    look_only: str = "",
) -> None:
    """Draw the page. `look_only` says why visitors may neither measure nor import files; "" if they may."""
    st.title("What was measured, and what this server can measure", anchor=False)
    if problem := desk.problem():
        st.warning(markdown_text(problem))
    show_used(comparison, runtimes={name: one.name for name, one in catalog.runtimes.items()})
    show_upload(desk, catalog=catalog, look_only=look_only)
    if desk.shows_machine():
        _show_server(desk, catalog=catalog)
        _show_probe(desk, catalog=catalog, formats=probe_formats, depths=probe_depths, look_only=look_only)
        _show_plan(desk, catalog=catalog)
    show_list(desk, catalog=catalog, asked=comparison.scenario.model)


def _show_server(desk: Desk, *, catalog: Catalog) -> None:
    st.info(
        "A probe measures the machine on which this server runs, not the one in front of you.", icon=":material/info:"
    )
    host, box = desk.host(), desk.box()
    room = room_here(box, catalog=catalog)
    known = catalog.chips.get(host.chip)
    bandwidth = desk.machine_ceilings().bandwidth
    with st.grid(4, min_column_width=200, gap="small"):
        with st.container(border=True, height="stretch", gap="small"):
            st.markdown(f"Chip  \n**{markdown_text(_chip_words(host))}**")
            st.caption("In the catalogue as " + markdown_text(known.name) if known else "Not in the catalogue")
        with st.container(border=True, height="stretch", gap="small"):
            st.markdown(f"Memory  \n**{markdown_text(gb(host.memory_bytes * host.chip_count))}**")
            st.caption(
                f"{digits(bandwidth[0], 4)} GB/s by {bandwidth[1]}"
                if bandwidth
                else "Its bandwidth is unknown; a probe measures it"
            )
        with st.container(border=True, height="stretch", gap="small"):
            st.markdown(f"Memory a model can use  \n**{markdown_text(gb(room.usable_bytes))}**")
            st.caption(markdown_text(room.why))
        with st.container(border=True, height="stretch", gap="small"):
            versions = ", ".join(f"{name} {version}" for name, version in desk.versions().items())
            st.markdown(f"Software  \n**{markdown_text(host.system_name())}**")
            power = " · ".join(filter(None, (host.power_source, host.power_mode and f"power mode {host.power_mode}")))
            st.caption(markdown_text(" · ".join(filter(None, (versions, power)))))


def _show_plan(desk: Desk, *, catalog: Catalog) -> None:
    st.header("What fits on this machine", anchor=False)
    box = desk.box()
    classes = weight_classes_here(box, catalog=catalog)
    with st.grid(2, min_column_width=240, gap="medium", vertical_alignment="bottom"):
        chosen_class = st.segmented_control(
            "Weights", classes, default=classes[0], required=True, key="plan_weight_class"
        )
        context_tokens = st.segmented_control(
            "Tokens in the context",
            _CONTEXTS,
            default=_CONTEXTS[1],
            required=True,
            key="plan_context_tokens",
            format_func="{:,}".format,
        )
    weight_class = cast(WeightClass, chosen_class)  # the control returns one of its options, as a str
    context_tokens = context_tokens or _CONTEXTS[1]
    rows = fits_here(box, catalog=catalog, weight_class=weight_class, context_tokens=context_tokens)
    fitting = sum(row.fits for row in rows)
    st.markdown(
        f"**{fitting} of {len(rows)}** models fit. Computed from their shapes; nothing was loaded. "
        "Peak = weights + cache + work space of the longest prompt."
    )
    columns = {
        name: st.column_config.NumberColumn(format="%.1f")
        for name in ("Peak, GB", "To spare, GB", "Weights, GB", "Cache, GB", "Work space, GB")
    }
    draw_table(
        [_plan_row(row, catalog) for row in rows],
        height=_TABLE_HEIGHT_PX,
        key="plan",
        alt=f"Memory of {len(rows)} models on this machine; {fitting} fit",
        columns=columns,
    )
    if any(row.spare_words for row in rows):
        st.caption(SEVERAL_CARDS)


def _plan_row(row: FitHere, catalog: Catalog) -> dict[str, Any]:
    beyond = "longer than the model was made for" if row.beyond_its_context else ""
    return {
        "Model": row.name,
        "Fits": "yes" if row.fits else f"no: {gb(-row.headroom_bytes)} short",
        "Peak, GB": row.peak_bytes / BYTES_PER_GB,
        "To spare, GB": row.headroom_bytes / BYTES_PER_GB,
        "Weights, GB": row.weights_bytes / BYTES_PER_GB,
        "Cache, GB": row.kv_cache_bytes / BYTES_PER_GB,
        "Work space, GB": row.transient_bytes / BYTES_PER_GB,
        "Format": plain_name(catalog.format(row.format)),
        "Note": beyond,
    }


def _show_probe(desk: Desk, *, catalog: Catalog, formats: Sequence[str], depths: Sequence[int], look_only: str) -> None:
    st.header("Measure this machine", anchor=False)
    reason, has_gpu = look_only or desk.why_no_probe(), desk.has_gpu()
    job = desk.job()
    running = job is not None and job.is_running()
    elsewhere = not running and desk.runs_elsewhere()
    st.caption(
        "Runs mlx-lm's own code in a process of its own. A model's architecture is built with random weights, so"
        " nothing is downloaded. One probe at a time."
        + (
            ""
            if look_only
            else " Anyone who opens this page can measure; the server's setting MEASUREMENTS_VISITORS=look stops that."
        )
    )
    if not reason and not has_gpu:
        st.markdown(
            f"{NOT_A_SPEED} mlx has no GPU here and would run on the processor. Such results are kept, marked, and"
            " never used for a machine's speed."
        )
    with st.container(border=True):
        request = _ask_probe(desk.probe_models(), catalog=catalog, formats=formats, depths=depths, has_gpu=has_gpu)
        st.caption(f"In a terminal: `{_command(request)}`")
        blocked = bool(reason) or running or elsewhere
        if st.button("Measure", disabled=blocked, key="probe_start") and not reason:
            try:
                desk.start(**request)
                st.rerun()
            except CalculatorError as error:
                st.error(markdown_text(str(error)))
        if reason:
            st.markdown(f":gray-badge[cannot measure here] {markdown_text(reason)}")
    follow = st.fragment(
        functools.partial(_show_job, desk, may_cancel=not look_only),
        run_every=_POLL_RUNNING_S if running else _POLL_IDLE_S,
    )
    follow(drawn_running=running, drawn_elsewhere=elsewhere)


def _ask_probe(
    models: list[str], *, catalog: Catalog, formats: Sequence[str], depths: Sequence[int], has_gpu: bool
) -> _Request:
    """Draw the widgets of a probe request, those about a model only if one is measured, and return the request."""
    first = models.index(_SMALL_MODEL) if _SMALL_MODEL in models else 0
    request: _Request = {
        "tier": "host",
        "model": models[first],
        "format_id": formats[0],
        "depths": depths[:1],
        "trial_count": 0,
    }
    with st.grid(4, min_column_width=200, gap="medium", vertical_alignment="bottom"):
        request["tier"] = st.selectbox(
            "What",
            list(_TIERS),
            format_func=_TIERS.__getitem__,
            key="probe_tier",
            help=(
                "The machine itself: memory bandwidth, matrix rate, overhead per layer. A model: tokens per second at"
                " several depths."
            ),
        )
        if request["tier"] != "host":
            request["model"] = st.selectbox(
                "Model", models, index=first, format_func=lambda key: catalog.model(key).name, key="probe_model"
            )
            request["format_id"] = st.selectbox(
                "Weights packed as",
                list(formats),
                index=0 if has_gpu else len(formats) - 1,
                format_func=lambda key: plain_name(catalog.format(key)),
                key="probe_format",
            )
        request["trial_count"] = st.number_input(
            "Trials",
            min_value=3,
            max_value=50,
            value=5 if has_gpu else 3,
            key="probe_trials",
            help="Median, p10 and p90 are taken over them.",
        )
    if request["tier"] != "host":
        shown = _DEPTHS_SHOWN_GPU if has_gpu else _DEPTHS_SHOWN_CPU
        request["depths"] = (
            st.pills(
                "Tokens in the cache",
                list(depths),
                default=list(shown),
                selection_mode="multi",
                key="probe_depths",
                format_func="{:,}".format,
                help="Speed is measured at each of these depths.",
            )
            or shown
        )
    return request


def _command(request: _Request) -> str:
    """The same probe as a command."""
    words = ["local-llm-tco", "measurements", "probe"]
    if request["tier"] == "host":
        words += ["--tier", "host"]
    else:
        depths = ",".join(map(str, request["depths"]))
        words += [request["model"], "--format", request["format_id"], "--depths", depths]
    return " ".join([*words, "--trials", str(request["trial_count"])])


def _show_job(desk: Desk, *, may_cancel: bool, drawn_running: bool, drawn_elsewhere: bool) -> None:
    """Draw the running probe or the end of the last one; redraws the whole page when a probe begins or ends."""
    job = desk.job()
    running = job is not None and job.is_running()
    elsewhere = not running and desk.runs_elsewhere()
    if running != drawn_running or elsewhere != drawn_elsewhere:
        st.rerun()
    if elsewhere:
        st.info("Another program is running a probe on this machine. Wait until it ends.")
    if job is None:
        return
    what = markdown_text(" ".join(filter(None, (_TIERS[job.spec.tier], job.spec.model, job.spec.format))))
    if running:
        _show_running(desk, job, what, may_cancel=may_cancel)
    elif job.problem:
        st.error(f"{what}: {markdown_text(job.problem)}")
    elif job.outcome is None:
        return  # it ended between two looks at it; the next run of this fragment shows how
    elif job.outcome.status == "ok":
        found = "  \n".join(markdown_text(line) for line in desk.findings(job))
        is_used = any(record.status == "ok" for record in job.outcome.records)
        waits = job.outcome.waits if desk.results_wait() else ""
        stored = f"but not stored yet. {markdown_text(waits)}" if waits else "and stored."
        is_good = is_used and not waits
        (st.success if is_good else st.warning)(f"{what}: complete after {job.seconds():.0f} s, {stored}  \n{found}")
    else:
        said = " ".join(filter(None, (job.outcome.sentence, job.outcome.waits)))
        st.warning(f"{what}: {markdown_text(job.outcome.status)}. {markdown_text(said)}")


def _show_running(desk: Desk, job: ProbeJob, what: str, *, may_cancel: bool) -> None:
    with st.container(border=True):
        left = f", about {job.left_s:.0f} s left" if job.left_s is not None else ""
        st.markdown(f":blue-badge[running] **{what}**, begun {markdown_text(job.started_at[11:19])} UTC")
        st.progress(min(1.0, job.done / job.total) if job.total else 0.0, text=f"{markdown_text(job.what)}{left}")
        if job.plan:
            st.caption(
                f"Weights of the model {gb(job.plan['weights_bytes'])}, held here {gb(job.plan['distinct_bytes'])}, "
                f"peak {gb(job.plan['peak_bytes'])} of {gb(job.plan['limit_bytes'])} allowed"
            )
        if job.plan or job.spec.tier == "host":
            st.caption("  \n".join(markdown_text(line) for line in desk.ceilings(job).sentences()))
        cancelling = job.cancelling.is_set()
        if may_cancel and st.button(
            "Cancelling ..." if cancelling else "Cancel", disabled=cancelling, key="probe_cancel"
        ):
            desk.cancel()
            st.rerun(scope="fragment")


def _chip_words(host: HostFacts) -> str:
    cores = f", {host.gpu_core_count} GPU cores" if host.gpu_core_count else ""
    count = f"{host.chip_count} x " if host.chip_count > 1 else ""
    return f"{count}{host.chip_name or 'unknown'}{cores}"
