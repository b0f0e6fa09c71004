"""`audit`: every claim of the article, or one of your own, and refusals in one sentence."""

import argparse
import json
import re

import pytest

from calculator.catalog import Catalog, load_catalog
from calculator.cli.audit import register
from calculator.errors import CalculatorError

M2_ULTRA = "mac-studio-m2-ultra-192-used"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def _run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers(required=True))
    arguments = parser.parse_args(["audit", *argv])
    return arguments.command(arguments)


def test_audit_command_prints_every_claim(capsys: pytest.CaptureFixture[str], catalog: Catalog) -> None:
    assert _run() == 0
    printed = capsys.readouterr().out
    assert printed.count("\n\n") == len(catalog.claims) - 1
    for claim in catalog.claims.values():
        assert f": {claim.subject}\n" in printed
        assert claim.quote in printed
    assert _run("--json") == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == list(catalog.claims)


@pytest.mark.parametrize(
    "own", [(), ("--machine", M2_ULTRA, "--model", "llama-3-70b", "--format", "mlx-8bit", "--tok-s", "22")]
)
def test_audit_command_speaks_of_machines_models_and_formats_by_name(
    own: tuple[str, ...], capsys: pytest.CaptureFixture[str], catalog: Catalog
) -> None:
    assert _run(*own) == 0
    tables = (catalog.machines, catalog.chips, catalog.models, catalog.formats, catalog.clouds, catalog.claims)
    names = {one.name for table in tables[:-1] for one in table.values()}
    ids = {key for table in tables for key in table if "-" in key and key not in names}
    words = re.findall(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.sub(r"<[^>]*>", "", capsys.readouterr().out))
    assert not ids & {word.strip("._-") for word in words}


def test_audit_command_judges_a_claim_of_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    own = ("--machine", M2_ULTRA, "--model", "llama-3-70b", "--format", "mlx-8bit", "--tok-s", "22")
    assert _run(*own, "--json") == 0
    row = json.loads(capsys.readouterr().out)
    assert row["verdict"] == "impossible"
    assert row["claimed"] == 22
    assert row["bound"]["high"] == pytest.approx(10.83, abs=0.01)
    assert row["figures"]["implied_gb_per_s"] == pytest.approx(1625, abs=1)
    assert _run(*own, "--context-tokens", "8192") == 0
    assert capsys.readouterr().out.startswith("IMPOSSIBLE")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--machine", M2_ULTRA), "--model, --format, --tok-s missing"),
        (("--machine", "", "--model", "", "--format", "", "--tok-s", "1"), "format '' is not in the catalogue"),
        (("--batch", "4"), "--machine, --model, --format, --tok-s missing"),
        (("--machine", "mac-9", "--model", "llama-3-70b", "--format", "mlx-8bit", "--tok-s", "1"), "mac-9"),
        (("--machine", M2_ULTRA, "--model", "llama-3-70b", "--format", "mlx-8bit", "--tok-s", "nan"), "tok/s is nan"),
        (
            ("--machine", M2_ULTRA, "--model", "llama-3-70b", "--format", "mlx-8bit", "--tok-s", "5", "--batch", "0"),
            "batch is 0",
        ),
    ],
)
def test_audit_command_refuses_in_one_sentence(argv: tuple[str, ...], said: str) -> None:
    with pytest.raises(CalculatorError) as refusal:
        _run(*argv)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)
