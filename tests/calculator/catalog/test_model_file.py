"""Model files: read like the catalogue's own, refused in one sentence."""

from pathlib import Path

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.loader import FOLDER
from calculator.catalog.model_file import model_of
from calculator.errors import ScenarioError, UnknownIdError

CATALOG = load_catalog()


def test_model_of_an_id_is_the_catalogues() -> None:
    assert model_of("llama-3-8b", catalog=CATALOG) is CATALOG.model("llama-3-8b")
    with pytest.raises(UnknownIdError, match="llama-3-8b"):
        model_of("llama-3-8c", catalog=CATALOG)


def test_model_of_a_file_has_the_shapes_of_the_file(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text((FOLDER / "models" / "llama-3-8b.toml").read_text("utf-8"), "utf-8")
    assert model_of(str(own), catalog=CATALOG) == CATALOG.model("llama-3-8b")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.toml", "x =", "is not valid TOML"),
        ("a.toml", "x = 1", "id is missing"),
        ("a.toml", 'id = "a"', "name is missing"),
        ("absent.toml", None, "cannot be read"),
        ("config.json", "{}", "is a configuration, not a description"),
        ("large.toml", "#" * 4_000_001, "is larger than 4,000,000 bytes"),
    ],
)
def test_model_of_a_file_that_is_no_model_is_refused(tmp_path: Path, name: str, content: str | None, says: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(ScenarioError, match=says):
        model_of(str(tmp_path / name), catalog=CATALOG)


def test_model_of_a_folder_with_a_configuration_says_how_to_describe_it(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", "utf-8")
    with pytest.raises(ScenarioError, match="measurements describe"):
        model_of(str(tmp_path), catalog=CATALOG)
