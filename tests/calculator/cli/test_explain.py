"""Commands `explain` and `bridge`: the arithmetic of a line, and the steps between scenarios."""

from pathlib import Path

import pytest

from calculator.__main__ import main
from calculator.analysis.bridge import bridge
from calculator.catalog import load_catalog
from calculator.cli.explain import bridge_note, bridge_text
from calculator.scenario.presets import preset


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    out = capsys.readouterr()
    return code, out.out, out.err


def test_explain_multiplies_out_the_price(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(
        capsys,
        "explain",
        "dgx-spark",
        "hardware",
        "--set",
        "options=dgx-spark",
        "--set",
        "figures.dgx-spark.price_usd=4000",
    )
    assert (code, err) == (0, "")
    assert out.startswith("hardware of dgx-spark")
    assert "4000" in out.replace(",", "")
    assert "[yours]" in out


def test_explain_takes_an_option_that_the_scenario_does_not_compare(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "explain", "dgx-spark", "hardware")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("explain", "dgx-sparc", "hardware"), "Did you mean dgx-spark"),
        (("explain", "dgx-spark", "colour"), "'colour' is not a line of dgx-spark. Its lines: hardware"),
        (("bridge", "article", "nowhere.toml"), "there is no such scenario file"),
        (("bridge", "article", "--pair", "dgx-spark"), "is not of the form CHEAPER,DEARER. Name two options."),
    ],
)
def test_refusal_is_one_sentence(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_bridge_prints_a_row_per_step_and_ends_with_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "bridge", "article")
    found = bridge(preset("article"), preset("our-defaults"), catalog=load_catalog())
    lines = out.splitlines()
    assert code == 0
    assert lines[0].startswith(f"start: present value that {found.dearer} costs more")
    assert lines[0].endswith(f"{found.start_usd:,.0f}")
    assert lines[1 + len(found.steps)].startswith("end ")
    assert lines[-1].startswith(f"{preset('our-defaults').name}: ")


def test_bridge_of_a_pair_is_between_these_two(capsys: pytest.CaptureFixture[str]) -> None:
    pair = "mac-studio-m5-ultra-256,dual-rtx-4090-threadripper"
    code, out, _ = run(capsys, "bridge", "our-defaults", "team-24-7", "--pair", pair)
    assert code == 0
    assert "dual-rtx-4090-threadripper costs more" in out.splitlines()[0]


def test_note_on_the_article_stands_beside_its_preset_only() -> None:
    assert bridge_note(None, preset("article")) == ""
    assert bridge_note(Path("team-24-7"), preset("team-24-7")) == ""
    found = bridge(preset("article"), preset("our-defaults"), catalog=load_catalog())
    assert bridge_note(Path("article"), preset("article")) == bridge_text(found)


def test_explanation_of_an_unknown_line_names_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "mac-studio-m5-ultra-256", "enery"]) == 2
    assert "energy idle" in capsys.readouterr().err
    assert main(["explain", "no-such-machine", "resale"]) == 2
    assert main(["explain", "mac-studio-m5-ultra-256", "resale"]) == 0
    assert "(kept after 36 months)^(months held / 36)" in capsys.readouterr().out
