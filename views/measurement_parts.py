"""Parts of the measurements page: upload of files, list of records, one record with its samples."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from calculator import Catalog
from calculator.errors import CalculatorError
from calculator.physics.memory.format_words import plain_name
from calculator.units import digits
from views.choices import words_of_basis
from views.desk import Desk, StoredRecord, StoredRow
from views.drawing import draw_table
from views.look import markdown_text
from views.measurement_names import chips_of, labels_of, missing_text, names_of, what_of
from views.uploading import ask_files

_FILE_TYPES = ["json", "jsonl", "csv", "md", "txt", "log"]
_ANY = "all"
_MOST_ROWS = 2_000
_MOST_REFUSED, _MOST_WARNINGS = 200, 20
_MOST_CHOICES = 300
_MOST_CASES = 3
_TABLE_HEIGHT_PX = 360
_SECTIONS = {
    "host": "Machine",
    "engine": "Software",
    "model": "Model",
    "workload": "Work",
    "provenance": "Where it comes from",
}
_KEPT = "what was kept"
_SERIES_KEYS = {"central", "low", "high"}


_COUNTS = {
    "chip_count": ("chip_count", "How many of these chips?"),
    "batch": ("batch_count", "How many requests at once?"),
    "prompt": ("prompt_tokens", "How many tokens did the prompt have?"),
    "answer": ("answer_tokens", "How many tokens did the answer have?"),
}
"""Facts that are numbers: the fact's name for the desk, and the question."""


def show_upload(desk: Desk, *, catalog: Catalog, look_only: str = "") -> None:
    """Draw the upload of other tools' files or this tool's own export, shown row by row and stored on request."""
    st.header("Bring measurements from elsewhere", anchor=False)
    if look_only:
        st.markdown(f":gray-badge[closed to visitors] {markdown_text(look_only)}")
        return
    st.caption(
        "Output of a benchmark or a chat, with or without the log around it: llama-bench and the other programs of"
        " llama.cpp, mlx_lm, Ollama, vLLM, SGLang, ExLlama, KoboldCpp, LM Studio and more; or this tool's own export."
        " Each row is checked against what the hardware can do; an impossible one is refused with the reason."
    )
    files = ask_files("Files", types=_FILE_TYPES, key="upload", most_mb=5, several=True)
    for number, file in enumerate(files):
        with st.container(border=True):
            _show_file(desk, file.name, file.getvalue(), number=number, catalog=catalog)


def _show_file(desk: Desk, name: str, content: bytes, *, number: int, catalog: Catalog) -> None:
    facts: dict[str, str | int] = {}
    head = st.empty()
    try:
        found = desk.read_file(name, content)
        if found.missing:
            facts = _ask_facts(found.missing, number=number, catalog=catalog)
            found = desk.read_file(name, content, **facts)
    except CalculatorError as error:
        st.error(f"{markdown_text(name)}: {markdown_text(str(error))}")
        return
    head.markdown(
        f"**{markdown_text(name)}** ({markdown_text(found.format)}): {len(found.records)} accepted, "
        f"{len(found.refused)} refused, {len(found.waiting)} waiting"
    )
    if found.missing:
        rows = markdown_text(", ".join(found.waiting[:10]))
        named = ", ".join(markdown_text(name) for name in found.names[:10])
        st.warning(f"{missing_text(found.missing, named)} Choose above to import these rows: {rows}.")
    if found.refused:
        if len(found.refused) > _MOST_REFUSED:
            st.caption(f"The first {_MOST_REFUSED} of {len(found.refused):,} refused rows:")
        draw_table(
            [{"row": refusal.place, "refused because": refusal.reason} for refusal in found.refused[:_MOST_REFUSED]],
            key=f"refused_{number}",
            alt=f"Rows of {name} that were refused, with the reason",
        )
    if found.template:
        st.markdown("Or fill in this CSV and bring it:")
        st.code(found.template, language=None)
    warnings = list(found.warnings())
    for place, sentence in warnings[:_MOST_WARNINGS]:
        st.warning(f"{markdown_text(place)}: {markdown_text(sentence)}")
    if len(warnings) > _MOST_WARNINGS:
        st.caption(f"{len(warnings) - _MOST_WARNINGS:,} more rows have warnings.")
    if not found.records:
        return
    if st.button(f"Keep {_counted(len(found.records))}", key=f"keep_{number}"):
        try:
            counts = desk.keep(found.records)
        except CalculatorError as error:
            st.error(markdown_text(str(error)))
            return
        gone = f"; {counts['deleted']} skipped because they had been deleted" if counts["deleted"] else ""
        said = f"Imported {counts['added']}; {counts['known']} were already stored{gone}."
        st.session_state[_KEPT] = (number, name, said)
        st.rerun()  # what stands above was drawn before they were stored
    if (kept := st.session_state.get(_KEPT)) and kept[:2] == (number, name):
        st.success(kept[2])
        del st.session_state[_KEPT]


def _counted(count: int) -> str:
    return f"{count} measurement{'' if count == 1 else 's'}"


def _ask_facts(missing: Sequence[str], *, number: int, catalog: Catalog) -> dict[str, str | int]:
    """Draw one box per fact that the file does not state, without preset answers, and return the answers."""
    choices = {
        "chip": ("Measured on which chip?", {key: chip.name for key, chip in catalog.chips.items()}),
        "model": ("Which model was it?", {key: model.name for key, model in catalog.models.items()}),
        "format": ("How were the weights packed?", {key: plain_name(one) for key, one in catalog.formats.items()}),
    }
    facts: dict[str, str | int] = {}
    with st.grid(4, min_column_width=220, gap="medium", vertical_alignment="bottom"):
        for fact in missing:
            if fact in choices:
                label, names = choices[fact]
                known = sorted(names, key=lambda key: names[key].lower())
                words = names.__getitem__
                facts[fact] = st.selectbox(label, known, index=None, format_func=words, key=f"{fact}_{number}") or ""
        for fact, (name, label) in _COUNTS.items():
            if fact in missing or (fact == "chip_count" and "chip" in missing):
                facts[name] = int(
                    st.number_input(
                        label,
                        min_value=0,
                        value=0,
                        max_value=1_000 if fact == "chip_count" else 10_000_000,
                        key=f"{fact}_{number}",
                        help="0: what the file says; one, where it says nothing." if fact == "chip_count" else None,
                    )
                )
        day = st.date_input(
            "Measured on",
            value=None,
            key=f"measured_at_{number}",
            help="If you leave it empty, we take today.",
        )
        facts["measured_at"] = day.isoformat() if day else ""
        facts["source"] = st.text_input("Who measured it, or its address", max_chars=300, key=f"source_{number}")
    return facts


def show_list(desk: Desk, *, catalog: Catalog, asked: str) -> None:
    """Draw the stored records: filters, the table, the export and one record. `asked`: the model of the question."""
    rows = desk.rows()
    names = names_of(catalog)
    st.header("What is stored", anchor=False)
    if not rows:
        st.markdown("Nothing yet. Measure this machine, or bring a file.")
        return
    shown = _filtered(rows, names)
    used = sum(row.used for row in shown)
    st.markdown(
        f"**{len(shown)} of {len(rows)}** measurements, in {markdown_text(desk.store_name())}. "
        f"**{used}** of them can stand in for a predicted speed on Decide if your question matches theirs."
    )
    if used:
        st.markdown(markdown_text(_what_they_are_of([row for row in shown if row.used], names, asked)))
    draw_table(
        [_list_row(row, names) for row in shown[:_MOST_ROWS]],
        height=_TABLE_HEIGHT_PX if len(shown) > 8 else "auto",
        key="stored",
        alt=f"{len(shown)} stored measurements, the newest first",
    )
    st.download_button(
        f"Download these {len(shown)} as JSON lines",
        lambda: desk.export([row.id for row in shown]),
        file_name="measurements.jsonl",
        mime="application/jsonl",
        on_click="ignore",
        key="export",
        help="This tool reads them back unchanged.",
    )
    st.caption(
        "Everyone on this server sees these measurements, and none is ever edited. "
        "An administrator can retire one: python -m measurements delete ID, where ID is the id in the first column."
    )
    by_id = {row.id: row for row in shown[:_MOST_CHOICES]}
    labels = labels_of(list(by_id.values()), names)
    chosen = st.selectbox(
        "Open one with its samples",
        list(by_id),
        index=None,
        key="opened",
        format_func=labels.__getitem__,
        placeholder="Choose a measurement",
    )
    if chosen is not None:
        _show_record(by_id[chosen], desk.record(chosen), label=labels[chosen])


def _what_they_are_of(rows: Sequence[StoredRow], names: Mapping[str, str], asked: str) -> str:
    """Of which models on which chips the usable records are, and what a question must have in common with them."""
    cases = list(dict.fromkeys(f"{names.get(row.model, row.model)} on {names.get(row.chip, row.chip)}" for row in rows))
    more = f" and {len(cases) - _MOST_CASES} more" if len(cases) > _MOST_CASES else ""
    text = f"They cover {', '.join(cases[:_MOST_CASES])}{more}. "
    if all(row.model != asked for row in rows):
        return f"{text}Your question is about {names.get(asked, asked)}, so none of them counts in it."
    return (
        f"{text}A measurement counts if its chip, the number of chips, the format, the software and the prompt length match "
        "your question. The table at the top of the page says what differs."
    )


def _filtered(rows: Sequence[StoredRow], names: Mapping[str, str]) -> list[StoredRow]:
    kept = list(rows)
    with st.grid(4, min_column_width=180, gap="medium", vertical_alignment="bottom"):
        for field, label in (("trust", "Origin"), ("model", "Model"), ("chip", "Chip"), ("status", "Result")):
            values = sorted({getattr(row, field) for row in rows} - {""})
            choice = st.selectbox(
                label,
                [_ANY, *values],
                key=f"filter_{field}",
                format_func=lambda one: names.get(one) or words_of_basis(one),
            )
            kept = [row for row in kept if choice in (_ANY, getattr(row, field))]
    return kept


def _list_row(row: StoredRow, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "Id": row.id[:12],
        "Measured": row.measured_at[:10],
        "Age": row.age,
        "Origin": words_of_basis(row.trust),
        "What": what_of(row, names),
        "Chip": chips_of(row, names),
        "Result": row.status,
        "Writes, tokens/s": _rate(row.decode_tokens_per_s),
        "Reads, tokens/s": _rate(row.prefill_tokens_per_s),
        "At tokens": (
            "" if row.decode_tokens_per_s is None and row.prefill_tokens_per_s is None else f"{row.context_tokens:,}"
        ),
        "Streams": f"{row.batch_count:,}",
        "Note": row.mind,
        "Also measured": row.other,
        "Software": row.runtime,
        "Source": row.source,
    }


def _rate(tokens_per_s: float | None) -> str:
    return "" if tokens_per_s is None else digits(tokens_per_s, 4)


def _show_record(row: StoredRow, record: StoredRecord | None, *, label: str) -> None:
    """Draw everything that the record holds."""
    if record is None:
        st.warning("This measurement is no longer stored.")
        return
    fields = record.model_dump(mode="json", exclude_none=True)
    with st.container(border=True):
        when = row.age if row.age == "today" else f"{row.age} ago"
        used = ":green-badge[used for predictions]" if row.used else ":gray-badge[not used for predictions]"
        run = f", run {record.run[:8]}" if record.run else ""
        st.markdown(
            f"**{markdown_text(label)}**  \n:blue-badge[{markdown_text(words_of_basis(row.trust))}] {used} "
            f"measured {markdown_text(when + run)}"
        )
        for remark in record.remarks:
            st.markdown(f"- {markdown_text(remark.text)}")
        if record.notes:
            st.markdown(markdown_text(record.notes))
        result: dict[str, Any] = fields.pop("result")
        series: dict[str, dict[str, Any]] = {
            name: value for name, value in result.items() if isinstance(value, dict) and {*value} >= _SERIES_KEYS
        }
        if series:
            draw_table(
                [_series_row(name, value) for name, value in series.items()],
                key="series",
                alt="Median, p10 and p90 of each series of readings",
            )
        for name, value in series.items():
            if value["samples"]:
                samples = ", ".join(digits(sample, 6) for sample in value["samples"])
                st.markdown(f"Samples of {markdown_text(name)}, in the order taken: {markdown_text(samples)}")
        plain = {name: value for name, value in result.items() if name not in series}
        with st.grid(3, min_column_width=260, gap="medium"):
            for title, values in (("Other results", plain), *((_SECTIONS[name], fields[name]) for name in _SECTIONS)):
                filled = {key: value for key, value in values.items() if value not in ("", 0, 0.0) and key != "raw"}
                if filled:
                    st.markdown(
                        f"**{title}**  \n"
                        + "  \n".join(
                            f"{markdown_text(key)}: {markdown_text(_shown(value))}" for key, value in filled.items()
                        )
                    )
        if record.provenance.raw:
            st.caption("The row as it was found")
            st.code(record.provenance.raw, language=None, wrap_lines=True)


def _series_row(name: str, value: dict[str, Any]) -> dict[str, Any]:
    return {
        "quantity": name,
        "median": value["central"],
        "p10": value["low"],
        "p90": value["high"],
        "readings": value["reading_count"],
    }


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
