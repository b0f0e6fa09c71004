"""Parts of the measurements page: uploads, the list, one record, and the decision page's measured speeds."""

import json
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from calculator import Scenario, compare
from measurements.desk import open_desk
from measurements.records.record import Engine, ModelUnderTest
from measurements.records.store import Store
from tests.views.pages import (
    APP,
    CATALOG,
    FIXTURES,
    QUESTION,
    component,
    decision_page,
    measurements_page,
    measurements_script,
    small_tables,
    table,
    texts,
    the_mac,
    upload,
)


def test_uploaded_benchmark_is_asked_for_its_chip_kept_and_changes_the_decision_page(store: Path) -> None:
    before = compare(Scenario.parse(QUESTION), CATALOG).options[0]
    assert before.decode is not None
    assert before.decode.basis == "fitted"
    assert "imported" not in texts(decision_page())

    app = upload(measurements_page(), "run.txt", (FIXTURES / "mlx_lm_2026-03.txt").read_bytes())
    assert "This file does not state the chip" in texts(app)
    assert not [button for button in app.button if (button.key or "").startswith("keep")]
    chips = app.selectbox(key="chip_0").options
    assert set(chips) == {chip.name for chip in CATALOG.chips.values()}
    assert chips == sorted(chips, key=str.lower)
    app.selectbox(key="chip_0").set_value("apple-m2-ultra-76").run()
    app.button(key="keep_0").click().run()
    assert not app.exception
    assert "Imported 1; 0 were already stored" in texts(app)
    assert "Imported" not in texts(app.run())  # it is said once

    [item] = Store(str(store)).records()
    decode = item.record.result.decode_tokens_per_s
    assert decode is not None
    after = compare(Scenario.parse(QUESTION), CATALOG, open_desk("").speeds()).options[0]
    assert after.decode is not None
    assert (after.decode.basis, after.decode.central) == ("imported", decode.central)
    shown = component(decision_page())["frame"]["rows"]
    assert {row["id"]: row["basis"] for row in shown} == {
        "mac-studio-m2-ultra-192-used": "imported",
        "cloud-h100": "fitted",
    }


def test_table_of_used_measurements_counts_what_was_kept_at_once(store: Path) -> None:
    app = AppTest.from_function(measurements_script, default_timeout=30)
    for name, value in QUESTION.items():
        app.query_params[name] = list(value) if isinstance(value, tuple) else str(value)
    app.run()
    assert "No option rests on a measured speed yet." in texts(app)
    upload(app, "run.txt", (FIXTURES / "mlx_lm_2026-03.txt").read_bytes())
    app.selectbox(key="chip_0").set_value("apple-m2-ultra-76").run()
    app.button(key="keep_0").click().run()
    assert not app.exception
    assert "1 of 2 options rests on a measured speed. 1 is estimated, with its range." in texts(app)
    assert list(table(app, "Origin")["Origin"]) == ["measured elsewhere"]
    assert all(str(title)[0].isupper() for one in app.dataframe for title in one.value.columns)
    assert list(small_tables(app)[0]["Used"]) == ["measured elsewhere", "estimated"]


def test_costs_on_the_decision_page_are_those_of_the_measured_speed(store: Path) -> None:
    fitted = [row["usd"][1] for row in component(decision_page())["frame"]["rows"]]
    Store(str(store)).append(the_mac())
    app = decision_page()
    rows = component(app)["frame"]["rows"]
    assert "measured here" in [row["basis"] for row in rows]
    measured = compare(Scenario.parse(QUESTION), CATALOG, open_desk("").speeds())
    expected = sorted(
        option.tco.present_value_cost_usd for option in measured.options if option.tco and option.eligible
    )
    assert len(expected) == 2  # the page shows today's money first, the cheapest first
    assert [row["usd"][1] for row in rows] == pytest.approx(expected, abs=0.005)
    assert [row["usd"][1] for row in rows] != fitted


def test_open_decision_page_changes_with_the_next_record(store: Path) -> None:
    app = decision_page()
    bases = lambda: [row["basis"] for row in component(app)["frame"]["rows"]]  # noqa: E731
    assert "measured here" not in bases()
    Store(str(store)).append(the_mac())
    app.run()
    assert "measured here" in bases()


def test_link_names_the_measurements_behind_it_and_another_page_says_that_it_has_others(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store(str(store)).append(the_mac())
    app = decision_page()
    asked = compare(Scenario.parse(QUESTION), CATALOG, open_desk("").speeds())
    link = next(code.value for code in app.code if "catalogue_hash=" in code.value)
    digest = parse_qs(link.split("?")[1])["measurements_hash"][-1]
    assert len(digest) == 12
    assert asked["mac-studio-m2-ultra-192-used"].basis_of_speed == "measured here"
    assert Scenario.parse(QUESTION).id(measurements_hash=digest) != Scenario.parse(QUESTION).id()
    again = opened(link)
    assert not [one.value for one in again.warning if "made with" in one.value]
    monkeypatch.setenv("MEASUREMENTS_URL", str(tmp_path / "elsewhere.sqlite"))
    [said] = [one.value.replace("\\", "") for one in opened(link).warning if "made with" in one.value]
    assert said.startswith(
        f"This link was made with measured speeds (set {digest}); the answer uses predicted speeds only"
    )
    assert said.endswith("Bring the sender's measurements to the Measurements page to see the same.")
    predicted = opened(link.replace(digest, ""))
    assert not [one.value for one in predicted.warning if "made with" in one.value]


def opened(link: str) -> AppTest:
    """The page at this address."""
    app = AppTest.from_file(str(APP), default_timeout=30)
    for name, values in parse_qs(link.split("?")[1], keep_blank_values=True).items():
        app.query_params[name] = values
    return app.run()


def test_cpu_result_is_marked_and_never_a_machines_speed(store: Path) -> None:
    Store(str(store)).append(the_mac(engine=Engine(name="mlx-lm", version="0.32.4", backend="cpu")))
    assert "measured here" not in texts(decision_page())
    app = measurements_page()
    assert list(table(app, "Origin")["Note"]) == ["not a local-LLM speed"]
    assert "**0** of them can stand in" in texts(app)
    assert "They cover" not in texts(app)


def test_usable_measurements_say_what_they_are_of_and_what_is_missing(store: Path) -> None:
    Store(str(store)).append(the_mac())
    said = texts(measurements_page())
    assert "**1** of them can stand in" in said
    name = CATALOG.models[QUESTION["model"]].name
    assert f"They cover {name} on Apple M2 Ultra" in said
    assert f"Your question is about {CATALOG.models[Scenario().model].name}, so none of them counts in it." in said


def test_row_that_physics_refuses_is_named_with_the_reason_and_the_others_are_kept(store: Path) -> None:
    text = (FIXTURES / "mlx_lm_2026-03.txt").read_text("utf-8")
    fast = text.replace(
        "generation_tps=3", "generation_tps=93"
    )  # 38 becomes 938 tokens/s: 2.4 GB at 800 GB/s allow 340
    app = upload(measurements_page(), "two.txt", (text + "\n" + fast).encode())
    app.selectbox(key="chip_0").set_value("apple-m2-ultra-76").run()
    refused = table(app, "refused because")
    assert list(refused["row"]) == [f"line {3 + len((text + chr(10)).splitlines())}"]
    assert refused["refused because"].str.startswith("decode: ").all()
    assert "1 accepted, 1 refused, 0 waiting" in texts(app)


def test_file_of_no_known_tool_is_refused_in_words(store: Path) -> None:
    app = upload(measurements_page(), "notes.txt", b"It felt fast.")
    assert "in an unknown format" in table(app, "refused because")["refused because"][0]
    app = upload(measurements_page(), "notes.txt", b"\xff\xfe\x00")
    assert "is not UTF-8" in texts(app)
    assert not store.exists()


def test_thousands_of_refused_rows_are_shown_as_the_first_and_a_count(store: Path) -> None:
    wrong = the_mac().model_dump_json().replace('"kind":"fast"', '"kind":"dream"')
    app = upload(measurements_page(), "export.jsonl", f"{wrong}\n".encode() * 300)
    assert not app.exception
    assert len(table(app, "refused because")) == 200
    assert "The first 200 of 300 refused rows:" in texts(app)


def test_store_that_cannot_be_made_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEASUREMENTS_URL", str(tmp_path / "no such folder" / "m.sqlite"))
    app = upload(measurements_page(), "run.txt", (FIXTURES / "mlx_lm_2026-03.txt").read_bytes())
    app.selectbox(key="chip_0").set_value("apple-m2-ultra-76").run()
    app.button(key="keep_0").click().run()
    assert not app.exception
    assert "Create its folder" in texts(app)


def test_record_opens_to_its_samples_and_where_it_comes_from(store: Path) -> None:
    Store(str(store)).append_all([the_mac(), the_mac("2", status="rejected")])
    app = measurements_page()
    assert [choice.split(" · writes")[0] for choice in app.selectbox(key="opened").options] == [
        f"{the_mac().measured_at[:10]} · Qwen3.5 4B, MLX 4-bit, groups of 64 · Apple M2 Ultra (76-core GPU)"
    ] * 2
    app.selectbox(key="opened").set_value(the_mac().id()).run()
    assert not app.exception
    said = texts(app)
    assert "Samples of decode_tokens_per_s, in the order taken: 12, 12.1, 12.2" in said
    assert "used for predictions" in said
    for told in ("chip: apple-m2-ultra-76", "depth_tokens: 1,024", "mlx_lm_version: 0.32.2"):
        assert told in said
    assert list(table(app, "quantity")["median"]) == [12.1]


def test_filters_narrow_the_list_and_the_export_is_what_is_shown(store: Path) -> None:
    records = [the_mac(), the_mac("2", status="rejected"), the_mac("3", kind="imported")]
    Store(str(store)).append_all(records)
    app = measurements_page()
    assert "**3 of 3**" in texts(app)
    app.selectbox(key="filter_status").set_value("ok").run()
    app.selectbox(key="filter_trust").set_value("imported").run()
    assert "**1 of 3**" in texts(app)
    assert list(table(app, "Origin")["Origin"]) == ["measured elsewhere"]
    lines = open_desk("").export([records[2].id()]).splitlines()
    assert [json.loads(line)["id"] for line in lines] == [records[2].id()]


@pytest.mark.parametrize(
    ("box", "chosen", "left"),
    [("trust", "imported", 1), ("model", "qwen3-0.6b", 1), ("chip", "m4-max-40", 1), ("status", "rejected", 1)],
)
def test_each_filter_alone_leaves_the_records_that_match_it(store: Path, box: str, chosen: str, left: int) -> None:
    small = ModelUnderTest(model="qwen3-0.6b", format="mlx-4bit", bits=4, weights="random-aliased")
    records = [
        the_mac(),
        the_mac("2", status="rejected"),
        the_mac("3", kind="imported"),
        the_mac("4", model=small),
        the_mac("5", host=the_mac().host.model_copy(update={"chip": "m4-max-40"})),
    ]
    Store(str(store)).append_all(records)
    app = measurements_page()
    app.selectbox(key=f"filter_{box}").set_value(chosen).run()
    assert f"**{left} of 5**" in texts(app)


def test_words_from_a_file_are_never_read_as_markdown(store: Path) -> None:
    evil = "![x](https://example.com/x.png)<b>[y](https://example.com)"
    Store(str(store)).append(
        the_mac(notes=evil, status="failed", model=ModelUnderTest(model_name=evil, format_name=evil))
    )
    app = measurements_page()
    [item] = Store(str(store)).records()
    app.selectbox(key="opened").set_value(item.id).run()
    assert not app.exception
    shown = [part.value for part in (*app.markdown, *app.caption, *app.warning, *app.error, *app.success)]
    assert not [text for text in shown if "](https://" in text]
