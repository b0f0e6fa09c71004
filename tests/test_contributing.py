"""CONTRIBUTING: "Add a machine" works to the letter in a copy of the tree; every file that the page names exists."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from calculator.catalog import Catalog
from calculator.catalog.loader import load_catalog

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
KINDS = "machine price model measurement formula cost-line option-kind page export importer"


def _blocks(heading: str) -> Iterator[tuple[str, str]]:
    """Language and text of every code block below a heading, in order."""
    section = re.split(r"^## ", PAGE.split(f"## {heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]
    for language, text in re.findall(r"^ *```(\w+)\n(.*?)^ *```$", section, flags=re.M | re.S):
        yield language, re.sub(r"^   ", "", text, flags=re.M)


def _edit(root: Path, block: str) -> None:
    """Do what the comment in a TOML block's first line says, in the file that it names."""
    order, _, lines = block.partition("\n")
    found = re.fullmatch(r"# (replace in|append to|replace the prices of) (\S+)", order)
    assert found, f"the block says neither what to do nor where: {order}"
    task, file = found.groups()
    path = root / file
    text = path.read_text("utf-8")
    if task == "append to":
        text = f"{text}\n{lines}"
    elif task == "replace in":
        for line in lines.splitlines():
            text, count = re.subn(rf"^{line.split(' = ')[0]} = .*$", lambda _, line=line: line, text, flags=re.M)
            assert count == 1, f"{file} has no {line}"
    else:
        text = f"{text[: text.index('[[prices]]')]}{lines}"
    path.write_text(text, "utf-8")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the calculator in which the page's commands are run."""
    root = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "calculator", root / "calculator", ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.fixture(scope="module")
def said(tree: Path) -> dict[str, str]:
    """What each command of "Add a machine" printed."""
    printed: dict[str, str] = {}
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    for language, text in _blocks("Add a machine"):
        if language == "toml":
            _edit(tree, text)
            continue
        for command in text.splitlines():
            first, *rest = shlex.split(command)
            words = [sys.executable if first == "python" else first, *rest]
            done = subprocess.run(words, cwd=tree, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{command}: {done.stderr}"
            printed[command] = done.stdout
    return printed


@pytest.fixture(scope="module")
def copied(tree: Path, said: dict[str, str]) -> Catalog:
    assert said
    return load_catalog.__wrapped__(tree / "calculator/catalog")


def test_added_machine_is_listed(said: dict[str, str]) -> None:
    (listed,) = [text for command, text in said.items() if "list machines" in command]
    assert re.search(r"^my-machine +My machine$", listed, re.M)


def test_added_machine_is_compared(said: dict[str, str]) -> None:
    (answer,) = [text for command, text in said.items() if " compare " in command]
    assert "My machine" in answer


def test_added_machine_costs_what_its_row_says(copied: Catalog) -> None:
    machine = copied.machines["my-machine"]
    price = machine.purchase_price().price_usd
    assert (price.central, price.source, price.as_of) == (4321, "my-shop", "2026-11-26")
    assert machine.list_price().price_usd.central == 4321
    assert copied.sources["my-shop"].title == "My shop, offer of 2026-11-26"


def test_adding_a_machine_touches_no_other_entry(copied: Catalog) -> None:
    ours = load_catalog()
    assert copied.machines.keys() - ours.machines.keys() == {"my-machine"}
    assert {key: copied.machines[key] for key in ours.machines} == dict(ours.machines)
    assert copied.sources.keys() - ours.sources.keys() == {"my-shop"}


@pytest.mark.parametrize("kind", KINDS.split())
def test_page_says_how_each_kind_of_thing_is_added(kind: str) -> None:
    noun = kind.replace("-", " ")
    assert re.search(rf"(## Add a |^- \*\*(<a [^>]*></a>)?An? ){noun}\b", PAGE, re.M)


def test_every_file_and_folder_that_the_page_names_exists() -> None:
    named = set(re.findall(r"(?<![\w/])((?:calculator|measurements|views|tests|docs)/[\w./-]*[\w/])(?![\w<])", PAGE))
    wanted = {name for name in named if "my-machine" not in name}
    assert len(wanted) > 30
    assert not [name for name in sorted(wanted) if not (ROOT / name).exists()]


def test_page_lists_the_rooms_in_the_order_that_the_house_checks() -> None:
    from tests.test_house import ROOMS

    assert tuple(re.findall(r"\| `calculator/(\w+)/` \|", PAGE)) == ROOMS
