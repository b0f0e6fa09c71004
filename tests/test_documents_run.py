"""Commands and code of the documents: executed where that is quick and needs nothing, else checked by their words."""

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import local_llm_tco

ROOT = Path(__file__).parent.parent
DOCUMENTS = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
# What the words of a block may begin with, and what stands before a command of local-llm-tco.
PREFIXES = {"python -m calculator ": [], "local-llm-tco ": [], "python -m measurements ": ["measurements"]}
PLACEHOLDERS = {
    "path/to/config.json": str(ROOT / "measurements/model_configs/qwen3-0.6b.json"),
    "path/to/usage.jsonl": str(ROOT / "tests/fixtures/usage_logs/claude_code.jsonl"),
}
# Commands of a block that a test does not run, by their beginning, each with the reason. Their words are checked all
# the same.
NOT_RUN = {
    "python -m calculator compare --set options=my-machine": "names a machine that the steps above it add: test_contributing runs them all",
    "python -m calculator catalog import readings.csv": "writes into the catalogue: test_keeping_the_catalogue does it in a copy",
    "local-llm-tco measurements probe": "loads this machine for minutes",
}
_BLOCK = re.compile(r"^ *```(?P<language>\w*)\n(?P<text>.*?)^ *```", re.M | re.S)
_SPAN = re.compile(r"`(?P<text>(?:python -m|local-llm-tco|make) [^`]+)`")


class Found(NamedTuple):
    """A piece of a document and where it stands."""

    document: Path
    text: str

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}: {self.text[:90]}"


def _blocks(*languages: str) -> Iterator[Found]:
    for document in DOCUMENTS:
        for match in _BLOCK.finditer(document.read_text("utf-8")):
            if match["language"] in languages:
                yield Found(document, match["text"])


def _block_lines() -> Iterator[Found]:
    for block in _blocks("", "sh", "console"):
        for line in re.sub(r"\\\n *", "", block.text).splitlines():
            text = line.strip().removeprefix("$ ")
            if text.startswith(("python -m ", "local-llm-tco", "make ")):
                yield Found(block.document, text)


def _spans() -> Iterator[Found]:
    for document in DOCUMENTS:
        for match in _SPAN.finditer(document.read_text("utf-8")):
            yield Found(document, match["text"])


def _words(text: str) -> list[str] | None:
    """The command's words as local-llm-tco takes them, or None where it is no command of ours."""
    for prefix, before in PREFIXES.items():
        if text.startswith(prefix):
            words = shlex.split(text.removeprefix(prefix), comments=True)
            return [*before, *(PLACEHOLDERS.get(word, word) for word in words)]
    return None


LINES = tuple(_block_lines())
MENTIONS = (*LINES, *_spans())
COMMANDS = tuple(found for found in LINES if _words(found.text) is not None)
RUN = tuple(found for found in COMMANDS if not found.text.startswith(tuple(NOT_RUN)))


@pytest.mark.parametrize("found", RUN, ids=str)
def test_command_of_a_block_answers(found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = _words(found.text)
    assert words
    if words[:2] == ["measurements", "plan"] and importlib.util.find_spec("mlx_lm") is None:
        pytest.skip("mlx-lm is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEASUREMENTS_URL", str(tmp_path / "measurements.sqlite"))
    assert local_llm_tco.main(words) == 0


def test_what_is_not_run_is_still_in_the_documents() -> None:
    assert [start for start in NOT_RUN if not any(found.text.startswith(start) for found in COMMANDS)] == []
    assert RUN


@pytest.mark.parametrize("found", MENTIONS, ids=str)
def test_command_options_and_targets_exist(found: Found, capsys: pytest.CaptureFixture[str]) -> None:
    if found.text.startswith("make "):
        targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
        assert found.text.split()[1] in targets
        return
    words = _words(found.text)
    if words is None:
        module = found.text.partition("python -m ")[2].split(" ")[0]
        if module.startswith(("calculator.", "measurements.")):  # others' modules are not looked for: that imports them
            assert importlib.util.find_spec(module) is not None, f"no module {module}"
        return
    command = words[:2] if words[0] in ("measurements", "catalog") else words[:1]
    if command[0].startswith("-"):  # an option of the page
        return
    try:
        code: object = local_llm_tco.main([*command, "--help"])
    except SystemExit as ended:
        code = ended.code
    assert code in (0, None)
    said = capsys.readouterr().out
    options = {word.split("=")[0].strip("[]") for word in words if word.strip("[").startswith("--")}
    assert not [option for option in options if option not in said]


@pytest.mark.parametrize("found", tuple(_blocks("python")), ids=lambda found: found.document.name)
def test_python_of_a_document_runs(found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(found.text, str(found.document), "exec"), {"__name__": "document"})
