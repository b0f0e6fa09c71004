"""Stored measurements by names: one label each, without an id."""

from pathlib import Path

from measurements.desk import open_desk
from measurements.records.record import ModelUnderTest
from measurements.records.store import Store
from tests.views.pages import CATALOG, the_mac
from views.measurement_names import labels_of, names_of, what_of


def test_records_that_look_alike_are_numbered(store: Path) -> None:
    Store(str(store)).append_all([the_mac("1"), the_mac("2"), the_mac("3")])
    found = list(labels_of(open_desk("").rows(), names_of(CATALOG)).values())
    assert len(set(found)) == 3
    assert found[0].endswith(
        "Qwen3.5 4B, MLX 4-bit, groups of 64 · Apple M2 Ultra (76-core GPU) · writes 12.1 tokens/s"
    )
    assert [text.rpartition(" · ")[2] for text in found[1:]] == ["no. 2", "no. 3"]


def test_what_nobody_knows_keeps_the_name_of_its_file(store: Path) -> None:
    Store(str(store)).append(the_mac(model=ModelUnderTest(model_name="my-own", format_name="Q9_X")))
    [row] = open_desk("").rows()
    assert what_of(row, names_of(CATALOG)) == "my-own, Q9_X"
