"""Fit & speed: its question goes into the address, its tables are the answer's, nothing on it is inert."""

import re
from urllib.parse import parse_qs

import pytest

from calculator import Scenario
from calculator.decision.memory_words import SEVERAL_CARDS
from calculator.units import BYTES_PER_GB
from tests.views.other_pages import case_of, comparison_of, fit_script, opened
from tests.views.pages import CATALOG, component, small_tables, texts, told, widget
from views.fit_matrix import matrix
from views.link import write_link


def test_table_has_every_machine_with_the_memory_of_the_answer() -> None:
    app = opened(fit_script)
    found = comparison_of(Scenario())
    shown = small_tables(app)[0]
    expected = [option for option in found.options if option.kind != "api"]
    assert len(shown) == len(expected)
    for option, row in zip(expected, shown.to_dict("records"), strict=True):
        assert option.memory is not None
        assert row["Needs"] == f"{option.memory.peak_bytes / BYTES_PER_GB:,.1f} GB"
        assert row["Can it do the job?"] != "no"
        assert row["Memory for (people)"] == str(Scenario().concurrent_request_count)
    assert "Decide shows the mean of the busiest hour" in texts(app)


def test_memory_is_for_as_many_people_as_it_says_where_a_machine_holds_fewer_than_asked() -> None:
    rows = small_tables(opened(fit_script, concurrent_request_count="64"))[0].to_dict("records")
    assert "that serves 64 people at once" in texts(opened(fit_script, concurrent_request_count="64"))
    people = [int(row["Memory for (people)"]) for row in rows]
    assert max(people) == 64
    assert min(people) < 64
    fewest = rows[people.index(min(people))]
    alone = small_tables(opened(fit_script, concurrent_request_count=str(min(people))))[0].to_dict("records")
    assert alone[people.index(min(people))]["Needs"] == fewest["Needs"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "qwen3-30b-a3b"),
        ("weight_class", "8-bit"),
        ("prompt_tokens", 20_000),
        ("concurrent_request_count", 8),
        ("second_tenant_gb", 20.0),
    ],
)
def test_each_field_goes_into_the_address_and_changes_the_table(name: str, value: str | float) -> None:
    app = opened(fit_script)
    before = small_tables(app)[0].to_dict()
    widget(app, f"fit {name}").set_value(value).run()
    assert not app.exception
    assert app.query_params[name] == (value if isinstance(value, str) else f"{value:g}")
    assert small_tables(app)[0].to_dict() != before


def test_matrix_names_every_model_and_the_frontier_answers_to_the_budget() -> None:
    app = opened(fit_script)
    shown = component(app, "matrix")
    assert "Llama 3 / 3.1 / 3.3 70B" in [row["name"] for row in shown["rows"]]
    assert [row["model"] for row in shown["rows"]] == list(matrix(case_of(Scenario())))
    assert {len(row["cells"]) + 1 for row in shown["rows"]} == {len(shown["heads"])}
    widget(app, "budget").set_value(1000.0).run()
    assert not app.exception
    assert "No machine to buy does this job: the budget is $1,000 and the first word must come within" in texts(app)
    said = texts(app).replace("\\", "")
    for machine in CATALOG.machines.values():
        assert re.search(rf"^- \*\*{re.escape(machine.name)}:\*\* \S.+\.$", said, re.M), machine.name


def test_only_hosted_apis_leave_nothing_to_fit_and_say_so() -> None:
    said = texts(opened(fit_script, options=["api-same-model"]))
    assert "Only hosted APIs are compared" in said
    assert "No machine is compared" in said


def rows_by_option(**query: str | list[str]) -> dict[str, dict[str, str]]:
    shown = small_tables(opened(fit_script, **query))[0].to_dict("records")
    return {row["Option"]: row for row in shown}


@pytest.mark.parametrize(
    ("option", "asked", "cell", "sentence"),
    [
        (
            "dual-rtx-4090-am5",
            {"weight_class": "8-bit"},
            r"no: [\d.]+ GB short",
            r"Does not fit as .*: it needs 77\.9 GB, and a model may use 50\.5 GB here\. The ([\d.]+ GB) missing are .* card\.",
        ),
        (
            "dual-rtx-4090-am5",
            {"stream_target_tokens_per_s": "25"},
            r"no: [\d.]+ of 25 tokens/s",
            r"An answer grows by [\d.]+ tokens a second .*25.*",
        ),
        (
            "mac-studio-m5-ultra-96",
            {"first_token_p95_target_s": "1"},
            r"no: first word [\d.]+ s, not 1\.0 s",
            r"Reading one request alone takes [\d.]+ s; you asked for .* within 1\.0 s\. .*",
        ),
        ("cloud-h100", {"weight_class": "5-bit"}, "no: does not load 5-bit", r"vLLM has no 5-bit format here\. .*"),
        ("mac-studio-m5-ultra-96", {"first_token_p95_target_s": "12"}, "perhaps", r"Perhaps: fast enough in \d+ of .*"),
    ],
)
def test_cell_says_why_in_few_words_and_a_line_below_in_a_whole_sentence(
    option: str, asked: dict[str, str], cell: str, sentence: str
) -> None:
    app = opened(fit_script, options=[option], **asked)
    (row,) = small_tables(app)[0].to_dict("records")
    assert re.fullmatch(cell, row["Can it do the job?"])
    name = re.escape(row["Option"])
    assert re.search(rf"^- \*\*{name}:\*\* {sentence}$", texts(app), re.M)


def test_option_that_can_do_the_job_has_no_line_of_reasons() -> None:
    said = texts(opened(fit_script, options=["mac-studio-m5-ultra-96"]))
    lines = [line for line in said.splitlines() if line.startswith("- **Mac Studio M5 Ultra 96 GB:**")]
    assert len(lines) == 1  # that of the bits which do not fit
    assert "16-bit needs" in lines[0]


def test_more_bits_than_fit_lack_gigabytes_in_the_cell_and_say_the_sum_below() -> None:
    app = opened(fit_script, options=["dual-rtx-4090-am5", "cloud-h100"])
    cards, rented = small_tables(app)[1].to_dict("records")
    assert re.fullmatch(r"no: [\d.]+ GB short", cards["8-bit"])
    assert rented["5-bit"] == "no: does not load 5-bit"
    said = texts(app)
    assert re.search(
        r"^- \*\*2x RTX 4090 .* 8-bit needs 77\.9 GB, and a model may use 50\.5 GB here\. The 28\.9 GB .*\. 16-bit needs",
        said,
        re.M,
    )
    assert re.search(r"^- \*\*Rented H100 .*:\*\* vLLM has no 5-bit format\. vLLM has no 6-bit format\.", said, re.M)


def test_other_software_stands_in_each_row_in_the_memory_where_it_lies() -> None:
    rows = rows_by_option(second_tenant_gb="40", options=["mac-studio-m5-ultra-256", "dual-rtx-4090-am5"])
    mac, cards = rows.values()
    assert (mac["Other software"], cards["Other software"]) == ("40.0 GB, part of Needs", "40.0 GB in system RAM")
    said = texts(opened(fit_script, second_tenant_gb="40", options=["dual-rtx-4090-am5", "cloud-h100"]))
    table = r"with 0\.6 GB of the model \(its embedding table\); it has [\d.]+ GB for both\."
    assert re.search(rf"^- \*\*2x RTX 4090 .*The 40\.0 GB of other software lie in system RAM, {table}$", said, re.M)
    assert re.search(r"^- \*\*Rented H100 .*The 40\.0 GB of other software lie in system RAM; .*\.$", said, re.M)
    bare = rows_by_option(options=["mac-studio-m5-ultra-256", "dual-rtx-4090-am5"])
    assert float(mac["Needs"].split()[0]) - float(next(iter(bare.values()))["Needs"].split()[0]) == 40
    assert all("Other software" not in row for row in bare.values())


def test_memory_that_a_mac_shares_with_other_software_says_why_both_may_use_more() -> None:
    asked = {"options": ["mac-studio-m5-ultra-96"]}
    (alone,) = rows_by_option(**asked).values()
    (beside,) = rows_by_option(second_tenant_gb="40", **asked).values()
    use = "A model may use"
    assert float(beside[use].split()[0]) > float(alone[use].split()[0])
    assert "both together may use more than a model alone" in texts(opened(fit_script, second_tenant_gb="40", **asked))


def test_route_shows_the_machine_that_it_sends_requests_to_and_says_what_a_host_keeps() -> None:
    route = {"name": "Short ones at home", "base": "mac-studio-m5-ultra-96", "to": "api-same-model", "share": 0.25}
    asked = Scenario.parse({"options": ("mix",), "routing": {"mix": route}})
    address = parse_qs(write_link(asked, catalogue_hash=CATALOG.hash), keep_blank_values=True)
    app = opened(fit_script, **address)
    (row,) = small_tables(app)[0].to_dict("records")
    assert row["Option"] == "Short ones at home: Mac Studio M5 Ultra 96 GB"
    assert row["Can it do the job?"] == "yes"
    assert row["Needs"].endswith(" GB")
    assert "Short ones at home sends 25 % of its requests to Hosted API (same open model)" in texts(app)
    assert "None of the options can run this model" not in texts(app)


def test_spare_memory_of_several_cards_says_that_the_fullest_counts() -> None:
    app = opened(fit_script, options=["mac-studio-m5-ultra-96", "dual-rtx-4090-am5"])
    mac, cards = small_tables(app)[0].to_dict("records")
    assert mac["Spare"].endswith(" GB")
    assert cards["Spare"].endswith(" GB by the fullest card")
    assert "a layer lies whole on one card" in texts(app)


def test_page_with_everything_open_says_no_sentence_below_a_table_twice() -> None:
    for options in (["mac-studio-m5-ultra-96", "dual-rtx-4090-am5"], ["mac-studio-m5-ultra-96"]):
        app = opened(fit_script, options=options)
        for fold in ("tuning", "index"):
            app.session_state[fold] = True
        app.run()
        said = [one for caption in app.caption for one in re.split(r"(?<=[.:]) ", caption.value) if len(one) > 40]
        assert [one for one in said if said.count(one) > 1] == []
        # the frontier below lists machines with several cards, whichever are compared
        assert texts(app).count(SEVERAL_CARDS) == 1


def test_cell_of_more_bits_says_where_the_machine_holds_fewer_people_than_asked() -> None:
    app = opened(
        fit_script, concurrent_request_count="8", options=["mac-studio-m5-ultra-96", "mac-studio-m5-ultra-256"]
    )
    rows = {row["Option"]: row for row in small_tables(app)[1].to_dict("records")}
    assert re.search(r" GB spare, memory for [1-7] of 8 people$", rows["Mac Studio M5 Ultra 96 GB"]["8-bit"])
    assert re.search(r", [\d,]+\.\d GB spare$", rows["Mac Studio M5 Ultra 256 GB"]["8-bit"])


def test_machines_are_a_dash_where_no_number_of_them_does_the_job() -> None:
    asked = {"first_token_p95_target_s": "10", "weight_class": "8-bit", "second_tenant_gb": "40"}
    used = rows_by_option(**asked)["Mac Studio M2 Ultra 192 GB (used, 2023)"]
    assert used["Can it do the job?"].startswith("no")
    assert used["Machines"] == "–"
    chosen = rows_by_option(**asked, machine_count="3")["Mac Studio M2 Ultra 192 GB (used, 2023)"]
    assert chosen["Machines"] == "3"


def test_context_is_said_to_be_prompt_retrieved_text_and_answer_together() -> None:
    assert "memory is kept for 4,200 tokens." in texts(opened(fit_script))
    assert "32,768 tokens because so many are reserved for each" in texts(
        opened(fit_script, reserved_context_tokens="32768")
    )


def test_model_selected_in_the_matrix_says_who_does_the_job_with_it_until_it_is_selected_no_more() -> None:
    app = opened(fit_script)
    assert component(app, "matrix")["chosen"] == ""
    tables = len(small_tables(app))
    told(app, "matrix", model="qwen3-30b-a3b")
    assert component(app, "matrix")["chosen"] == "qwen3-30b-a3b"
    assert len(small_tables(app)) == tables + 1
    assert [one.label for one in app.button if one.label.startswith("Decide on")] == ["Decide on Qwen3 30B-A3B"]
    told(app, "matrix", model=Scenario().model)  # the scenario's own needs no button
    assert not any(one.label.startswith("Decide on") for one in app.button)
    for nothing in ("", "no such model"):
        told(app, "matrix", model=nothing)
        assert component(app, "matrix")["chosen"] == ""
        assert len(small_tables(app)) == tables
