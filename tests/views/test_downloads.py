"""Downloads of the page: every file to take home, made only when it is asked for."""

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.report.home_files import HOME_FILES
from views.downloads import downloads

CATALOG = load_catalog()


def test_page_offers_every_file_under_its_own_name() -> None:
    found = compare(Scenario(options=("dgx-spark", "api-same-model")), CATALOG, draw_count=64)
    offered = downloads(found, catalog=CATALOG)
    assert [file.key for file in offered] == [file.key for file in HOME_FILES]
    for file, home in zip(offered, HOME_FILES, strict=True):
        assert file.content() == home.content(found, CATALOG)
        assert (file.label, file.mime) == (home.label, home.mime)
        assert file.file_name == home.name(found)
        assert file.says.endswith(".")
        assert file.says[0].isupper()


def test_file_whose_package_is_missing_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    found = compare(Scenario(options=("dgx-spark", "api-same-model")), CATALOG, draw_count=64)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "memo" not in {file.key for file in downloads(found, catalog=CATALOG)}
