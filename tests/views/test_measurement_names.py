"""Stored measurements by names: one label each, without an id."""

from pathlib import Path

from measurements.desk import open_desk
from measurements.records.record import Host, ModelUnderTest
from measurements.records.store import Store
from tests.views.pages import CATALOG, the_mac
from views.measurement_names import chips_of, labels_of, missing_text, names_of, what_of


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


def test_several_chips_are_counted_and_one_is_not(store: Path) -> None:
    two = Host(host_id="other", chip="nvidia-rtx-4090", chip_count=2)
    Store(str(store)).append_all([the_mac(), the_mac("2", host=two)])
    found = {chips_of(row, names_of(CATALOG)) for row in open_desk("").rows()}
    assert found == {"Apple M2 Ultra (76-core GPU)", "2 x NVIDIA GeForce RTX 4090"}
    assert any("2 x NVIDIA" in text for text in labels_of(open_desk("").rows(), names_of(CATALOG)).values())


def test_file_that_names_its_model_is_not_said_to_lack_it() -> None:
    named = "llama 70B Q4_K - Medium"
    assert missing_text(["model"], named) == (
        f"This file names its model {named}, which could be one of several: say which."
    )
    assert missing_text(["chip", "model"], named) == (
        f"This file does not state the chip. It names its model {named}, which could be one of several: say which."
    )
    assert missing_text(["chip", "model", "batch"], "") == (
        "This file does not state the chip, model, number of requests at once."
    )
