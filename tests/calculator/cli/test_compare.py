"""Command `compare`: text, JSON and CSV, settings, currency; refused in one sentence with exit code 2."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from calculator.__main__ import main
from calculator.report.home_files import HOME_FILES


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    out = capsys.readouterr()
    return code, out.out, out.err


def test_compare_prints_the_verdict_first(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "compare")
    assert code == 0
    assert "36 months" in out.splitlines()[0]
    assert err == ""


def test_compare_json_has_the_agreed_shape(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "compare", "--json", "-", "--set", "months=48")
    answer = json.loads(out)
    assert code == 0
    assert {"scenario", "catalogue_hash", "verdicts", "prices_as_of", "options"} <= set(answer)
    assert answer["scenario"]["months"] == 48
    for option in answer["options"]:
        assert {
            "id",
            "name",
            "fits",
            "decode_tok_s",
            "ttft_s",
            "total_cost_usd",
            "present_value_cost_usd",
            "usd_per_mtok",
            "lines",
            "remarks",
        } <= set(option)
    mac = answer["options"][0]
    assert mac["decode_tok_s"]["low"] < mac["decode_tok_s"]["central"] < mac["decode_tok_s"]["high"]
    assert mac["decode_tok_s"]["basis"]


def test_compare_reads_a_scenario_file_and_settings_win(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text('name = "Ours"\nmonths = 60\nwage_usd_per_h = 80\noptions = ["api-same-model", "dgx-spark"]\n')
    code, out, _ = run(capsys, "compare", str(file), "--set", "months=24", "--json", "-")
    scenario = json.loads(out)["scenario"]
    assert code == 0
    assert (scenario["name"], scenario["months"], scenario["wage_usd_per_h"]) == ("Ours", 24, 80)


def test_compare_writes_csv_and_json_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(
        capsys,
        "compare",
        "--csv",
        str(tmp_path / "a.csv"),
        "--wide-csv",
        str(tmp_path / "w.csv"),
        "--json",
        str(tmp_path / "a.json"),
    )
    assert code == 0
    assert "36 months" in out
    for name in ("a", "w"):
        table = pd.read_csv(tmp_path / f"{name}.csv")
        facts = json.loads((tmp_path / f"{name}.meta.json").read_text("utf-8"))
        assert facts["product"].startswith("Local LLM TCO")
        assert set(table["catalogue_hash"]) == {facts["catalogue_hash"]}
    assert json.loads((tmp_path / "a.json").read_text("utf-8"))["options"]


def test_compare_writes_every_file_to_take_home(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = [word for file in HOME_FILES for word in (f"--{file.key.replace('_', '-')}", str(tmp_path / file.key))]
    code, out, _ = run(capsys, "compare", "--set", "options=dgx-spark,api-same-model", *words)
    assert code == 0
    assert "36 months" in out
    for file in HOME_FILES:
        assert (tmp_path / file.key).stat().st_size > 500


@pytest.mark.parametrize("flag", ["--json", "--csv", "--wide-csv", "--summary-csv", "--focus-csv", "--meta"])
def test_compare_without_a_file_writes_to_standard_output(capsys: pytest.CaptureFixture[str], flag: str) -> None:
    code, out, _ = run(capsys, "compare", flag)
    assert code == 0
    assert out.startswith(
        "{" if flag in ("--json", "--meta") else ("option,option_name,", "scenario_id,scenario,", "BilledCost,")
    )
    assert run(capsys, "compare", flag, "-")[1] == out


@pytest.mark.parametrize("name", ["article.toml", "presets/article.toml", "article"])
def test_compare_reads_a_scenario_that_stands_where_a_file_would(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "compare", "--json", name)
    assert code == 0
    assert json.loads(out)["scenario"]["name"] == "As in the article: its money"
    assert not list(tmp_path.iterdir())


def test_compare_never_writes_over_a_scenario(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text("months = 24\n")
    for flag in ("--json", "--csv", "--wide-csv"):
        code, out, err = run(capsys, "compare", "article.toml", flag, str(file))
        assert (code, out) == (2, "")
        assert "read and never written to" in err
    assert file.read_text() == "months = 24\n"
    assert json.loads(run(capsys, "compare", "--json", str(file))[1])["scenario"]["months"] == 24


def test_verdict_and_odds_of_one_answer_are_the_same_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(run(capsys, "compare", "--json")[1])
    verdict, analysis = answer["verdicts"]["overall"], answer["analysis"]
    chance = analysis["cheapest_probability"][verdict["cheapest"]]
    assert verdict["chance"] == chance
    assert f"the cheapest in {chance * 100:.0f} of 100 futures" in verdict["detail"]
    (difference,) = [row["usd"] for row in analysis["differences"] if row["dearer"] == verdict["next"]]
    gap = verdict["difference_usd"]
    assert (gap["low"], gap["high"]) == pytest.approx((difference[0], difference[2]), rel=1e-12)
    for option in answer["options"]:
        low, _, high = analysis["total_usd"][option["id"]]
        assert (option["total_low_usd"], option["total_high_usd"]) == pytest.approx((low, high), rel=1e-12)


MAC = "mac-studio-m5-ultra-256"


def test_settings_reach_into_tables(capsys: pytest.CaptureFixture[str]) -> None:
    settings = (
        f"leases.{MAC}=300",
        f"leases.{MAC}.buyout_usd=2000",
        f"leases.{MAC}.in_advance=false",
        "already_own_usd.dgx-spark=1500",
        "options=mac-studio-m5-ultra-256,dgx-spark,cloud-h100,api-same-model",
        "figures.cloud-h100.rate_usd_per_h=2.5",
        "ranges.wage_usd_per_h=50,80,120",
        "tax_mode=custom",
        "depreciation_fractions=0.5,0.3,0.2",
    )
    code, out, err = run(capsys, "compare", "--json", *(word for one in settings for word in ("--set", one)))
    assert (code, err) == (0, "")
    answer = json.loads(out)
    scenario, options = answer["scenario"], {row["id"]: row["lines"] for row in answer["options"]}
    assert scenario["leases"] == {MAC: {"usd_per_month": 300, "in_advance": False, "buyout_usd": 2000}}
    assert scenario["ranges"]["wage_usd_per_h"] == [50, 80, 120]
    assert scenario["depreciation_fractions"] == [0.5, 0.3, 0.2]
    assert options[MAC]["lease"] == pytest.approx(-300 * 36)
    assert options["dgx-spark"]["hardware"] == -1500
    assert set(answer["analysis"]["appraisal"]["leases"]) == {MAC}


def test_lease_is_judged_in_the_text_too(capsys: pytest.CaptureFixture[str]) -> None:
    _, text, _ = run(
        capsys, "compare", "--set", f"leases.{MAC}=300", "--set", "tax_mode=expense", "--set", "tax_rate=0.25"
    )
    (line,) = [row for row in text.splitlines() if "leased at $300 a month" in row]
    assert "than buying it, in present value at 6.00% a year, the cost of debt after tax; the lessor earns" in line


EURO = ("--currency", "EUR", "--rate", "0.92", "--rate-date", "2026-11-01")


def test_currency_stands_beside_the_dollars_in_text_json_and_csv(capsys: pytest.CaptureFixture[str]) -> None:
    note = "your rate of 0.92 EUR per dollar (2026-11-01)"
    plain, answer = (json.loads(run(capsys, "compare", "--json", *more)[1]) for more in ((), EURO))
    assert plain["shown_in"] is None
    assert plain["verdicts"] == answer["verdicts"]  # the dollars stay what they are
    found = answer["shown_in"]
    assert (found["currency"], found["per_usd"], found["as_of"]) == ("EUR", 0.92, "2026-11-01")
    assert note in found["note"]
    assert found["difference"] == pytest.approx(0.92 * answer["verdicts"]["overall"]["difference_usd"]["central"])
    for option in answer["options"]:
        mine = found["options"][option["id"]]
        for name in ("total_cost", "present_value_cost", "equivalent_annual_cost", "hard_cost"):
            assert mine[name] == pytest.approx(0.92 * option[f"{name}_usd"])
        assert -sum(mine["lines"].values()) == pytest.approx(mine["total_cost"])
    _, text, _ = run(capsys, "compare", *EURO)
    assert note in text
    assert f"EUR {found['options']['api-same-model']['total_cost']:,.0f}" in text
    assert f"${answer['options'][-1]['total_cost_usd']:,.0f}" in text
    tidy, wide = (run(capsys, "compare", flag, *EURO)[1] for flag in ("--csv", "--wide-csv"))
    assert note in json.loads(run(capsys, "compare", "--meta", *EURO)[1])["currency_note"]
    for name, table in (("amount", tidy), ("total", wide)):
        rows = pd.read_csv(io.StringIO(table))
        assert set(rows["currency"]) == {"EUR"}
        assert rows[name].to_numpy() == pytest.approx(0.92 * rows[f"{name}_usd"].to_numpy(), abs=0.011)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--set", f"leases.{MAC}=abc"), f"leases.{MAC}.usd_per_month is 'abc'; it must be a number"),
        (("--set", f"leases.{MAC}=-1"), "at least 0"),
        (("--set", "leases.cloud-h100=300"), "is not a machine"),
        (("--set", "ranges.wage_usd_per_h=60,95"), "value number 3 is missing"),
        (("--set", "tax_mode=custom"), "depreciation_fractions is []; each must be 0 or more and their sum 1"),
        (("--set", f"figures.{MAC}.price_usd=-3"), "price_usd is -3; it must lie in 0..10,000,000"),
        (("--currency", "EUR"), "--rate and --rate-date are missing"),
        (("--currency", "EUR", "--rate", "0.92"), "--rate-date is missing"),
        (("--currency", "EUR", "--rate", "x", "--rate-date", "2026-11-01"), "--rate is 'x'; it must be a number"),
        (("--currency", "EUR", "--rate", "0", "--rate-date", "2026-11-01"), "currencies.EUR.per_usd is 0"),
        (("--currency", "EUR", "--rate", "nan", "--rate-date", "2026-11-01"), "finite number"),
        (("--currency", "EUR", "--rate", "0.92", "--rate-date", "2026-13-01"), "a date YYYY-MM-DD"),
        (("--currency", "euro", "--rate", "0.92", "--rate-date", "2026-11-01"), "three capital letters"),
        (("--set", "resale_fraction=1.4"), "resale_fraction is 1.4; it must lie in 0..1. Enter 0.7 for 70 %."),
        (("--set", "resale_fraction=nan"), "resale_fraction is nan; it must be a finite number in 0..1."),
        (("--set", "electricity_usd_per_kwh=inf"), "finite number"),
        (("--set", "resale_fraction=70"), "it must lie in 0..1. Enter 0.7 for 70 %."),
        (("--set", "discount_rate=10"), "discount_rate is 10.0; it must lie in -0.5..1. Enter 0.1 for 10 %."),
        (("--set", "discount_rate=-100"), "discount_rate is -100.0; it must lie in -0.5..1."),
        (("--set", "tax_rate=26"), "it must lie in 0..0.9. Enter 0.26 for 26 %."),
        (("--set", "electricity_usd_per_kwh=-0.1"), "electricity_usd_per_kwh is -0.1; it must lie in 0..2."),
        (("--set", "figures.price_usd=1"), "figures.price_usd names no option"),
        (("--set", "prompt_tokens=0"), "prompt_tokens is 0; it must lie in 1..1,000,000."),
        (("--set", "months=0"), "months is 0; it must lie in 12..84."),
        (("--set", "months=1000"), "months is 1000"),
        (("--set", "discount_rate=-1"), "discount_rate is -1"),
        (("--set", "answer_tokens=0"), "answer_tokens is 0"),
        (("--set", "model=gpt-7"), "'gpt-7' is not in the catalogue"),
        (("--set", "options=mac-studio-m4-ultra-192"), "never"),
        (("--set", "nonsense"), "not of the form name=value"),
        (("--set", "wage=3"), "wage is not a known key"),
        (("nowhere.toml",), "there is no such scenario file"),
        (("--csv", "-", "--json", "-"), "--csv and --json cannot share standard output"),
        (("--csv", "--summary-csv", "--json"), "--summary-csv, --csv and --json cannot share standard output"),
        (("--csv", "/nowhere/at/all.csv"), "cannot be written"),
        (("--xlsx",), "--xlsx needs a file to write to. Write --xlsx answer.xlsx."),
    ],
)
def test_compare_refuses_with_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    code, out, err = run(capsys, "compare", *arguments)
    assert code == 2
    assert out == ""
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err


@pytest.mark.parametrize("text", ["months = ", "[scenario\n", "months = 'x'\n", "\x00", "scenario = 3\n", "- a\n- b\n"])
def test_compare_refuses_a_broken_scenario_file(capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.toml"
    file.write_text(text)
    code, _, err = run(capsys, "compare", str(file))
    assert code == 2
    assert len(err.strip().splitlines()) == 1


def test_text_says_nothing_of_a_cost_per_token_where_none_is_served(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--set", "requests_per_working_day=0"]) == 0
    assert "nan" not in capsys.readouterr().out
