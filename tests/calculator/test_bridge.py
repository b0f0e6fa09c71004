"""Presets, the bridge between them, explanations and sweeps, on the real catalogue."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from calculator import Scenario, compare, load_catalog
from calculator.__main__ import main
from calculator.analysis.bridge import bridge
from calculator.analysis.explain import explain, explanation_text
from calculator.analysis.sweep import CHUNK_SIZE, chunk_rows, missing_chunks, read_grid
from calculator.cli.explain import bridge_text
from calculator.errors import ScenarioError
from calculator.scenario.presets import preset, preset_names

CATALOG = load_catalog()


@pytest.mark.parametrize("name", preset_names())
def test_preset_is_answered(name: str) -> None:
    found = compare(preset(name), CATALOG)
    assert found.verdict.cheapest is not None
    assert len(found.candidates) >= 2


def test_presets_are_the_six_of_the_issue() -> None:
    assert preset_names() == [
        "already-own-4090s",
        "article",
        "one-developer",
        "our-defaults",
        "public-body",
        "team-24-7",
    ]
    values = preset("our-defaults").model_dump()
    assert {**values, "name": ""} == {**Scenario().model_dump(), "name": ""}


def test_unknown_preset_is_refused() -> None:
    with pytest.raises(ScenarioError, match="'artikel' is not a preset"):
        preset("artikel")


def test_article_preset_bills_its_four_thousand_dollars() -> None:
    # "20 hours a year ... $200/hour ... you have lost $4,000": 12,000 over three years
    found = {row.id: row for row in compare(preset("article"), CATALOG).options}
    pc, mac = found["dual-rtx-4090-threadripper"].tco, found["mac-studio-m2-ultra-192-used"].tco
    assert pc is not None
    assert mac is not None
    assert pc.lines["administration"] == pytest.approx(-12_000)
    assert pc.lines["resale"] == pytest.approx(0)
    assert mac.lines["resale"] == pytest.approx(0.7 * 6_599)
    assert mac.present_value_cost_usd == pytest.approx(mac.total_cost_usd)  # nothing is discounted


def test_bridge_sums_exactly_from_the_article_to_our_defaults() -> None:
    found = bridge(preset("article"), preset("our-defaults"), catalog=CATALOG)
    start, end = compare(preset("article"), CATALOG), compare(preset("our-defaults"), CATALOG)

    def gap(comparison: object) -> float:
        costs = {row.id: row.tco for row in comparison.options}  # type: ignore[attr-defined]
        return costs[found.dearer].present_value_cost_usd - costs[found.cheaper].present_value_cost_usd

    assert found.start_usd == pytest.approx(gap(start), rel=1e-12)
    assert found.end_usd == pytest.approx(gap(end), rel=1e-9)
    assert found.start_usd + sum(step.change_usd for step in found.steps) == pytest.approx(found.end_usd, rel=1e-12)
    assert len(found.steps) == len({step.name for step in found.steps})


def test_bridge_names_the_two_assumptions_that_carry_the_article() -> None:
    found = bridge(preset("article"), preset("our-defaults"), catalog=CATALOG)
    assert set(found.carriers) == {"wage_usd_per_h", "gpu_resale_fraction"}  # the billing rate, and "scrap"
    assert found.survives == (found.end_usd > 0)
    alone = {step.name: step.alone_usd for step in found.steps}
    assert found.carriers[0] == min(alone, key=lambda name: alone[name])
    assert found.sentence in bridge_text(found)


def test_bridge_to_itself_has_no_steps() -> None:
    found = bridge(preset("article"), preset("article"), catalog=CATALOG)
    assert found.steps == ()
    assert found.start_usd == found.end_usd


def test_bridge_with_one_option_is_refused() -> None:
    alone = Scenario(options=("api-same-model",))
    with pytest.raises(ScenarioError, match="fewer than two options"):
        bridge(alone, Scenario(), catalog=CATALOG)


def test_explanation_of_every_line_multiplies_to_it() -> None:
    comparison = compare(Scenario(), CATALOG)
    for row in comparison.options:
        assert row.tco is not None
        for line, usd in row.tco.lines.items():
            found = explain(comparison, row.id, line, catalog=CATALOG)
            assert found.total_usd == pytest.approx(usd)
            assert found.formula
            assert found.inputs
            assert line in explanation_text(found)


def test_explanation_carries_sources_and_says_what_is_yours() -> None:
    scenario = Scenario(wage_usd_per_h=120, figures={"mac-studio-m5-ultra-256.price_usd": 9_999})
    comparison = compare(scenario, CATALOG)
    setup = {
        item.name: item for item in explain(comparison, "mac-studio-m5-ultra-256", "setup", catalog=CATALOG).inputs
    }
    assert setup["wage_usd_per_h"].basis == "yours"
    hardware = {i.name: i for i in explain(comparison, "mac-studio-m5-ultra-256", "hardware", catalog=CATALOG).inputs}
    assert (hardware["price_usd"].basis, hardware["price_usd"].value) == ("yours", 9_999)
    resale = {i.name: i for i in explain(comparison, "mac-studio-m5-ultra-256", "resale", catalog=CATALOG).inputs}
    assert resale["resale_fraction"].source
    assert resale["resale_fraction"].as_of == "2026-02"


def test_explanation_of_an_unknown_line_names_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "mac-studio-m5-ultra-256", "enery"]) == 2
    assert "energy idle" in capsys.readouterr().err
    assert main(["explain", "no-such-machine", "resale"]) == 2
    assert main(["explain", "mac-studio-m5-ultra-256", "resale"]) == 0
    assert "(kept after 36 months)^(age at sale / 36)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ({"mac-studio-m5-ultra-256.prise_usd": 1}, "'prise_usd' is not a figure"),
        ({"mac-studio-m9.price_usd": 1}, "'mac-studio-m9' is not among the options"),
        ({"mac-studio-m5-ultra-256.price_usd": -5}, "it must lie in 0..10,000,000"),
    ],
)
def test_wrong_figure_is_refused(figures: dict[str, float], says: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        Scenario().changed(figures=figures)
    assert says in str(refused.value)


# --- sweep --------------------------------------------------------------------------------------------------------------

GRID = """
[scenario]
options = ["mac-studio-m5-ultra-256", "api-same-model"]
[grid]
model = ["llama-3-70b", "no-such-model"]
electricity_usd_per_kwh = [{prices}]
"""


def _grid(folder: Path, count: int = 3) -> Path:
    path = folder / "grid.toml"
    path.write_text(GRID.format(prices=", ".join(f"{0.1 + 0.001 * i:.4f}" for i in range(count))), "utf-8")
    return path


def test_sweep_computes_every_combination_once(tmp_path: Path) -> None:
    grid = read_grid(_grid(tmp_path))
    assert grid.count() == 6
    rows = chunk_rows(grid, 0, catalog=CATALOG)
    assert sorted({row["combination"] for row in rows}) == list(range(6))
    good = [row for row in rows if row["refused"] is None]
    assert len(good) == 6  # three prices, two options
    assert all("no-such-model" in row["refused"] for row in rows if row["refused"] is not None)
    alone = compare(
        Scenario(options=("mac-studio-m5-ultra-256", "api-same-model"), electricity_usd_per_kwh=0.101), CATALOG
    )
    mine = next(
        row for row in good if row["electricity_usd_per_kwh"] == 0.101 and row["option"] == "mac-studio-m5-ultra-256"
    )
    assert alone.options[0].tco is not None
    assert mine["present_value_cost_usd"] == alone.options[0].tco.present_value_cost_usd


def test_sweep_goes_on_where_it_was_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, whole, resumed = _grid(tmp_path, CHUNK_SIZE), tmp_path / "whole.parquet", tmp_path / "resumed.parquet"
    assert main(["sweep", str(path), "--out", str(whole), "--workers", "1"]) == 0
    # a second run that has one of its two chunks, and half of another file, when it is killed
    grid = read_grid(path)
    from calculator.report.parquet import begun, parts_folder, write_part

    assert grid.chunk_count() == 2
    assert begun(resumed, work_id=grid.id(CATALOG.hash), chunk_count=2) == []
    write_part(resumed, 1, chunk_rows(grid, 1, catalog=CATALOG))
    (parts_folder(resumed) / "000000.unfinished").write_bytes(b"half a file")
    assert missing_chunks(grid, [1]) == [0]
    assert main(["sweep", str(path), "--out", str(resumed), "--workers", "1"]) == 0
    assert "1 of 2 chunks were there already" in capsys.readouterr().err
    assert whole.read_bytes() == resumed.read_bytes()
    assert len(pd.read_parquet(whole)) == CHUNK_SIZE * 2 + CHUNK_SIZE


def test_sweep_of_another_grid_into_the_same_parts_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from calculator.report.parquet import begun

    out = tmp_path / "x.parquet"
    begun(out, work_id="another", chunk_count=9)
    assert main(["sweep", str(_grid(tmp_path)), "--out", str(out), "--workers", "1"]) == 2
    assert "another sweep" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[grid]\nhourly = [1]", "grid.hourly is not a scenario value"),
        ("[scenario]\nmonths = 36", "has no [grid] table"),
        ("[grid]\nmonths = 36", "must be a list"),
        ("[grid", "is not a valid grid file"),
        (
            "[grid]\n"
            + "\n".join(f"{name} = {list(range(1, 400))}" for name in ("wage_usd_per_h", "months", "prompt_tokens")),
            "are swept",
        ),
    ],
)
def test_wrong_grid_is_refused_in_one_sentence(
    tmp_path: Path, text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "grid.toml"
    path.write_text(text, "utf-8")
    assert main(["sweep", str(path), "--out", str(tmp_path / "x.parquet")]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert "Traceback" not in error


def test_sweep_on_two_processes_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    path = _grid(tmp_path, CHUNK_SIZE)
    outs = []
    for workers in ("1", "2"):
        out = tmp_path / f"w{workers}.parquet"
        done = subprocess.run(
            [sys.executable, "-m", "calculator", "sweep", str(path), "--out", str(out), "--workers", workers],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[2],
        )
        assert done.returncode == 0, done.stderr
        outs.append(out.read_bytes())
    assert outs[0] == outs[1]
