"""Importer of this tool's own export: the identity, edited lines, and any content at all."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from measurements.importers import own
from measurements.importers.facts import Facts, Known
from measurements.importers.reading import import_content, read_upload
from measurements.records.store import Store, export_lines
from tests.measurements.examples import a_measurement
from tests.measurements.importers.examples import OWN_ROW, check_sane, json_values, many, read_example, with_odd_values


def test_export_then_import_is_the_identity(store: Store, tmp_path: Path) -> None:
    records = [a_measurement(str(number), notes="=1+1 \u2028 \x07 tab\t'") for number in range(5)]
    records += list(read_example("llama_bench_2025-10.jsonl")) + list(
        read_example("vllm_appended.json", chip="nvidia-rtx-4090")
    )
    store.append_all(records)
    file = tmp_path / "export.jsonl"
    file.write_text("\n".join(export_lines(store.records())) + "\n", "utf-8")
    found = import_content(read_upload(file), facts=Facts(), known=Known())
    assert (found.format, found.refused) == ("this tool", ())
    assert list(found.records) == records
    other = Store(str(tmp_path / "other.sqlite"))
    assert other.append_all(list(found.records)) == ["added"] * len(records)
    assert list(export_lines(other.records())) == list(export_lines(store.records()))
    assert store.append_all(list(found.records)) == ["known"] * len(records)


def test_exported_line_that_was_changed_is_refused() -> None:
    record = a_measurement()
    line = f'{{"id":"{record.id()}","measurement":{record.canonical_json()}}}'
    found = import_content(line.replace("12.1", "21.1") + "\n" + line, facts=Facts(), known=Known())
    assert [refusal.place for refusal in found.refused] == ["object 1"]
    assert "changed after the export" in found.refused[0].reason
    assert found.records == (record,)


@many
@given(
    st.lists(with_odd_values(OWN_ROW["measurement"]).map(lambda row: {"measurement": row}) | json_values, max_size=3)
)
def test_own_objects_never_raise(rows: list[object]) -> None:
    check_sane(own.import_objects([("x", row) for row in rows]))
