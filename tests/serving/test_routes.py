"""Routes under /api: every file of the scenario in the address, all to the cent, and refusals in sentences."""

import io
import json
import re
from html import escape, unescape
from typing import Any

import openpyxl
import pandas as pd
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from calculator import Scenario, load_catalog
from calculator.__main__ import main
from calculator.catalog import Catalog
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.report.home_files import HOME_FILES
from serving.answers import Answers, Query
from serving.replies import DOORS, replies
from serving.routes import api_routes
from tests.calculator.report.pdf_text import page_texts
from views.link import read_link

CATALOG = load_catalog()
FOUND = compare(Scenario(options=("mac-studio-m5-ultra-96", "api-same-model")), CATALOG, draw_count=64)


class _Found(Answers):
    """The same answer to every address that can be read."""

    def comparison(self, query: Query) -> tuple[Comparison, Catalog]:
        """FOUND, with few futures."""
        self.scenario(query)
        return FOUND, CATALOG


CLIENT = TestClient(Starlette(routes=[*api_routes(replies(_Found(read_link, lambda: ())))]))


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.path)
def test_door_gives_the_file_under_its_name(door: Any) -> None:
    for layout, file in door.files.items():
        answer = CLIENT.get(door.path, params={"layout": layout} if len(door.files) > 1 else {})
        assert answer.status_code == 200
        assert answer.content == file.content(FOUND, CATALOG).removeprefix(b"\xef\xbb\xbf")
        assert answer.headers["content-type"].startswith(file.mime)
        assert answer.headers["content-disposition"] == f'attachment; filename="{file.name(FOUND)}"'


def test_every_file_to_take_home_has_a_door() -> None:
    assert {file.key for door in DOORS for file in door.files.values()} == {file.key for file in HOME_FILES}


def test_all_files_agree_to_the_cent() -> None:
    given = {door.path: CLIENT.get(door.path).content for door in DOORS}
    ledger: Any = pd.read_csv(io.BytesIO(given["/api/compare.csv"]))
    focus: Any = pd.read_csv(io.BytesIO(given["/api/focus.csv"]))
    summary: Any = pd.read_csv(io.BytesIO(CLIENT.get("/api/compare.csv?layout=summary").content)).set_index("option")
    years: Any = pd.read_csv(io.BytesIO(CLIENT.get("/api/compare.csv?layout=wide").content))
    book: Any = openpyxl.load_workbook(io.BytesIO(given["/api/report.xlsx"]), data_only=True)
    sheet = {row[0].value: [cell.value for cell in row] for row in book["Summary"].iter_rows() if row[0].value}
    answer = CLIENT.get("/api/compare.json").json()
    meta = json.loads(given["/api/meta.json"])
    memo, html = " ".join(page_texts(given["/api/memo.pdf"])), given["/api/report.html"].decode()
    for option in answer["options"]:
        name, cash, value = option["id"], option["total_cost_usd"], option["present_value_cost_usd"]
        mine = ledger[ledger["option"] == name]
        assert -mine["amount_usd"].sum() == pytest.approx(cash, abs=0.005)
        assert -mine["present_value_usd"].sum() == pytest.approx(value, abs=0.005)
        assert focus.loc[focus["x_Option"] == name, "BilledCost"].sum() == pytest.approx(cash, abs=0.005)
        assert summary.loc[name, "cash_usd"] == pytest.approx(cash, abs=0.005)
        assert summary.loc[name, "cost"] == pytest.approx(value, abs=0.005)
        total = years.loc[(years["option"] == name) & (years["line"] == "total"), "total_usd"]
        assert -float(total.iloc[0]) == pytest.approx(cash, abs=0.02)  # cents, rounded line by line
        assert sheet[name][5:7] == pytest.approx([value, cash], abs=0.005)
        assert sum(meta["options"][name]["cash_usd"].values()) == pytest.approx(cash, abs=0.005)
        assert f"${value:,.0f}" in memo
        assert f"${value:,.0f}" in html
    for text in (memo, html, json.dumps(meta), str(list(book["Inputs"].values))):
        assert FOUND.scenario_id in text
        assert FOUND.catalogue_hash in text


@pytest.mark.parametrize("path", [*(door.path for door in DOORS), "/api/compare.json"])
def test_wrong_value_is_refused_with_its_sentence(path: str) -> None:
    answer = CLIENT.get(path, params={"wage_usd_per_h": "-1"})
    assert answer.status_code == 422
    assert "wage_usd_per_h is -1.0; it must lie in 0..1000." in answer.text


def test_unknown_layout_is_refused_with_those_that_exist() -> None:
    answer = CLIENT.get("/api/compare.csv", params={"layout": "tall"})
    assert (answer.status_code, answer.text) == (422, "layout is 'tall'; use tidy, wide, summary.\n")


def test_document_describes_every_route() -> None:
    document = CLIENT.get("/api/openapi.json").json()
    questions = {"/api/compare.json", "/api/predict.json", "/api/choose.json"}
    assert set(document["paths"]) == {*(door.path for door in DOORS), *questions}


def test_page_shows_every_path_and_value_of_the_document_and_its_links_answer() -> None:
    document, page = CLIENT.get("/api/openapi.json").json(), CLIENT.get("/api")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    links = re.findall(r'href="([^"]+)"', page.text)
    assert [unescape(link).partition("?")[0] for link in links] == ["/api/openapi.json", *document["paths"]]
    for link in links:
        assert CLIENT.get(unescape(link)).status_code == 200
    for name, field in document["components"]["schemas"]["Scenario"]["properties"].items():
        assert f"<code>{name}</code>" in page.text
        assert escape(field.get("description", "")) in page.text
    assert "<script" not in page.text


def test_prediction_and_choice_are_the_command_lines_own(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--machine", "rtx-5090-pc", "--model", "qwen3-32b", "--format", "q4_k_m"]
    assert main(["predict", *words, "--batch", "4", "--json"]) == 0
    asked = {"machine": "rtx-5090-pc", "model": "qwen3-32b", "format": "q4_k_m", "batch": "4"}
    assert CLIENT.get("/api/predict.json", params=asked).json() == json.loads(capsys.readouterr().out)
    assert main(["choose", "--budget", "8000", "--set", "wage_usd_per_h=95", "--json"]) == 0
    found = CLIENT.get("/api/choose.json", params={"budget_usd": 8000, "wage_usd_per_h": 95}).json()
    assert found == json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/api/predict.json", "machine is missing. Add it.\nmodel is missing. Add it.\nformat is missing. Add it."),
        ("/api/predict.json?machine=m4-ultra&model=qwen3-32b&format=q4_k_m", "Apple never shipped an M4 Ultra"),
        ("/api/predict.json?machine=rtx-5090-pc&model=../x.toml&format=q4_k_m", "'../x.toml' is not in the catalogue"),
        (
            "/api/choose.json?budget_usd=x",
            "budget_usd is 'x'; it must be a number, more than 0 and at most 100,000,000,000.",
        ),
        ("/api/choose.json?months=-1", "months is -1; it must lie in"),
    ],
)
def test_wrong_question_is_refused_with_its_sentence(address: str, says: str) -> None:
    answer = CLIENT.get(address)
    assert answer.status_code == 422
    assert says in answer.json()["error"]


def test_list_with_commas_is_the_list_repeated_and_one_wrong_id_is_named() -> None:
    answers = Answers(read_link, lambda: ())
    client = TestClient(Starlette(routes=[*api_routes(replies(answers))]))
    both = {"options": ["mac-studio-m5-ultra-96,cloud-h100"]}
    assert answers.scenario(both)[0].options == ("mac-studio-m5-ultra-96", "cloud-h100")
    for path in ("/api/compare.json", "/api/choose.json"):
        refused = client.get(f"{path}?options=cloud-h100,nothing")
        assert refused.status_code == 422
        assert "option 'nothing' is not in the catalogue" in refused.json()["error"]


@pytest.mark.parametrize("path", [*(door.path for door in DOORS), "/api/compare.json", "/api/choose.json"])
@pytest.mark.parametrize(
    "value",
    ['figures={"\\ud800":1}', 'ranges={"\\ud800":[1,2,3]}', 'own_models={"m":"\\ud800"}', 'own_models={"\\ud800":{}}'],
)
def test_half_of_a_character_is_refused_in_a_sentence(path: str, value: str) -> None:
    name, _, text = value.partition("=")
    answer = CLIENT.get(path, params={name: text})
    assert answer.status_code == 422
    assert "it holds half of a character. It must be a table in JSON, for example " in answer.text


def test_next_to_no_requests_have_no_figure_per_token() -> None:
    client = TestClient(Starlette(routes=[*api_routes(replies(Answers(read_link, lambda: ())))]))
    for requests in ("1e-320", "1e-305", "5e-324"):
        answer = client.get("/api/compare.json", params={"requests_per_working_day": requests})
        assert answer.status_code == 200
        carbons = [option["carbon"] for option in answer.json()["options"] if option["carbon"]]
        assert carbons
        assert all(carbon["electricity_location_g_per_mtok"] is None for carbon in carbons)


def test_choice_tries_every_number_also_where_the_cheapest_is_asked_for() -> None:
    asked = {"budget_usd": 8000, "model": "qwen3-32b"}
    with_cheapest = CLIENT.get("/api/choose.json", params={**asked, "machine_count": "cheapest"}).json()
    plain = CLIENT.get("/api/choose.json", params=asked).json()
    assert with_cheapest["choices"] == plain["choices"]


def test_weights_of_cases_have_an_end() -> None:
    answer = CLIENT.get("/api/compare.json", params={"cases": '{"wage_usd_per_h":[[1,1e308],[200,1e308]]}'})
    assert answer.status_code == 422
    assert "cases.wage_usd_per_h has the weight 10^308; it must be at most 10,000,000." in answer.json()["error"]
