"""Uploads on a page: files as they are, and a sentence for another ending."""

from typing import Any

import pytest
from streamlit.errors import StreamlitAPIException

from views import uploading
from views.uploading import ask_files


class Page:
    """Streamlit's upload, and what was said."""

    def __init__(self, found: Any) -> None:
        self.found, self.said, self.asked = found, list[str](), dict[str, Any]()

    def file_uploader(self, label: str, **asked: Any) -> Any:
        """The files, or what Streamlit raises."""
        self.asked = {"label": label, **asked}
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    def error(self, text: str) -> None:
        """What a person reads."""
        self.said.append(text)


@pytest.mark.parametrize(
    ("found", "several", "files"), [(None, False, ()), ("a", False, ("a",)), (["a", "b"], True, ["a", "b"])]
)
def test_files_come_as_they_are(monkeypatch: pytest.MonkeyPatch, found: Any, several: bool, files: Any) -> None:
    page = Page(found)
    monkeypatch.setattr(uploading, "st", page)
    assert ask_files("Files", types=("csv", "json"), key="k", most_mb=5, several=several) == files
    assert page.asked["type"] == ["csv", "json"]
    assert page.asked["max_upload_size"] == 5
    assert page.said == []


@pytest.mark.parametrize("several", [False, True])
def test_another_ending_is_a_sentence(monkeypatch: pytest.MonkeyPatch, several: bool) -> None:
    page = Page(StreamlitAPIException("Invalid file extension: `.exe`. Allowed: ['.csv']"))
    monkeypatch.setattr(uploading, "st", page)
    assert ask_files("Files", types=("csv", "json"), key="k", most_mb=5, several=several) == ()
    assert page.said == ["A file here ends in .csv, .json. Reload the page and choose such a file."]
