"""Live bodies: their files are served by this server alone, and a second server of the process knows them too."""

import re
from pathlib import Path

import pytest
from streamlit.components.v2.component_manager import BidiComponentManager

from tests.views.pages import page
from views.live_component import live_component

COMPONENTS = Path(__file__).parents[2] / "views" / "components"
NAMES = sorted(folder.name for folder in COMPONENTS.iterdir() if folder.is_dir())


def test_component_is_registered_with_its_files_by_path(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = BidiComponentManager()
    for module in ("streamlit.components.v2", "views.live_component"):
        monkeypatch.setattr(f"{module}.get_bidi_component_manager", lambda: manager)
    assert live_component("decide") is live_component("decide")
    found = manager.get("local-llm-tco.decide")
    assert found is not None
    assert (found.js_url, found.css_url) == ("decide.js", "decide.css")  # urls, not contents: no inline script
    assert manager.get_component_path("local-llm-tco.decide") == str(COMPONENTS / "decide")


def test_another_server_of_the_process_learns_of_it_anew() -> None:
    for _ in range(2):  # each page under test is a server of its own
        (body,) = page().get("bidi_component")
        assert body.proto.component_name == "local-llm-tco.decide"
        assert body.proto.js_source_path == "decide.js"
        assert not body.proto.js_content


@pytest.mark.parametrize("name", NAMES)
def test_scripts_import_only_files_beside_them_and_load_nothing_from_elsewhere(name: str) -> None:
    for file in (COMPONENTS / name).iterdir():
        text = file.read_text("utf-8")
        for module in re.findall(r'from "([^"]+)"', text):
            assert module.startswith("./")
            assert (COMPONENTS / name / module).exists(), f"{file.name} imports {module}"
        addresses = set(re.findall(r"https?://[^\s\"'`]+", text)) - {"http://www.w3.org/2000/svg"}
        assert not addresses, file.name
        for refused in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "new Function", "document.write"):
            assert refused not in text, f"{file.name} uses {refused}, by which a name in a link becomes a script"


@pytest.mark.parametrize("name", NAMES)
def test_component_has_a_script_and_a_style_of_its_name(name: str) -> None:
    assert (COMPONENTS / name / f"{name}.js").exists()
    assert (COMPONENTS / name / f"{name}.css").exists()
