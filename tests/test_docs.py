"""Documentation: every formula has a heading, every file that a page names exists, every line keeps its length."""

import ast
import importlib.util
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
HOUSES = ("calculator", "measurements", "views", "bench", "tests", "docs")
ASSEMBLIES = {"prediction", "models_that_fit"}  # they call the formulas and hold none of their own
FORMULAS = (
    *(path for path in sorted((ROOT / "calculator/physics").rglob("*.py")) if path.stem not in ASSEMBLIES),
    ROOT / "calculator/catalog/deployment.py",
    ROOT / "calculator/calibration/solver.py",
    *(
        ROOT / f"calculator/service/{name}.py"
        for name in ("occupancy", "latency", "peak_hour", "sizing", "serving", "week")
    ),
)
FINANCE = (DOCS / "model" / "finance.md").read_text("utf-8")
DEFAULTS = tomllib.loads((ROOT / "calculator" / "catalog" / "defaults.toml").read_text("utf-8"))["defaults"]
_ROW = re.compile(r"^\| \[(?P<title>[^]]+)\]\((?P<file>[^)#]+)#(?P<anchor>[^)]+)\) \| (?P<names>.+) \|$", re.M)


def _public_functions(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name


def _index() -> dict[str, tuple[str, str]]:
    """The table at the end of model.md: function -> (file, heading)."""
    text = (DOCS / "model.md").read_text("utf-8")
    rows = text[text.index("## Where each formula stands") :]
    return {
        name: (row["file"], row["title"])
        for row in _ROW.finditer(rows)
        for name in re.findall(r"`([^`]+)`", row["names"])
    }


def _anchor(heading: str) -> str:
    """What a heading's link looks like on a code host."""
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("path", FORMULAS, ids=lambda path: path.stem)
def test_every_public_formula_has_a_heading(path: Path) -> None:
    missing = [name for name in _public_functions(path) if name not in _index()]
    assert not missing, f"add to the table at the end of docs/model.md: {missing}"


def test_headings_of_the_table_exist_and_every_name_is_a_function() -> None:
    functions = {name for path in FORMULAS for name in _public_functions(path)}
    assert not [name for name in _index() if name not in functions]
    for file, title in set(_index().values()):
        headings = re.findall(r"^#+ (.+)$", (DOCS / file).read_text("utf-8"), re.M)
        assert title in headings, f"{file} has no heading {title!r}"
    for row in _ROW.finditer((DOCS / "model.md").read_text("utf-8")):
        assert row["anchor"] == _anchor(row["title"])


def test_pages_link_to_pages_of_the_site_that_exist() -> None:
    for page in sorted(DOCS.rglob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
            assert (page.parent / target).resolve().is_relative_to(DOCS), (
                f"{page.name}: {target} is no page of the site"
            )


PAGES = (DOCS / "model.md", DOCS / "glossary.md", DOCS / "remarks.md", *sorted((DOCS / "model").glob("*.md")))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    files = {
        path.relative_to(ROOT).as_posix()
        for house in HOUSES
        for path in (ROOT / house).rglob("*")
        if path.suffix in (".py", ".toml", ".csv")
    }
    named = re.findall(r"`([\w./-]+\.(?:py|toml|csv))`", page.read_text("utf-8"))
    assert not [name for name in named if not any(f"/{file}".endswith(f"/{name}") for file in files)]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_prose_keeps_to_120_characters(page: Path) -> None:
    lines = enumerate(page.read_text("utf-8").splitlines(), start=1)
    assert not [number for number, line in lines if len(line) > 120 and not line.startswith("|")]


def test_terms_of_the_glossary_stand_in_order_once() -> None:
    terms = re.findall(r"^- \*\*([^*]+)\*\*: \S", (DOCS / "glossary.md").read_text("utf-8"), re.M)
    assert len(terms) >= 30
    assert terms == sorted(set(terms), key=str.lower)


def test_nothing_cites_a_document_outside_the_repository() -> None:
    outside = re.compile(r"shared/(research|house|cases|DESIGN)|\bDESIGN\.md|\(issue[: ]main job\)", re.I)
    kept = [*ROOT.glob("*.md"), *(path for house in HOUSES for path in (ROOT / house).rglob("*"))]
    citing = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in kept
        if path.suffix in (".py", ".md", ".toml") and path != Path(__file__)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if outside.search(line)
    ]
    assert not citing


def test_site_has_every_page_and_no_other() -> None:
    named = re.findall(r"([\w./-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.M)
    assert sorted(named) == sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


def test_reference_names_modules_that_exist() -> None:
    pages = (path.read_text("utf-8") for path in (DOCS / "reference").glob("*.md"))
    names = [name for page in pages for name in re.findall(r"^::: ([\w.]+)$", page, re.M)]
    assert names
    assert not [name for name in names if importlib.util.find_spec(name) is None]


@pytest.mark.parametrize("name", DEFAULTS)
def test_default_is_documented_with_range_basis_and_date(name: str) -> None:
    row = next((line for line in FINANCE.splitlines() if line.startswith(f"| `{name}` |")), None)
    assert row is not None, f"docs/model/finance.md: add a row for {name} to the table of defaults"
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    entry = DEFAULTS[name]
    assert [float(cell) for cell in cells[1:4]] == [entry["low"], entry["central"], entry["high"]]
    assert (cells[4], cells[6], cells[8]) == (entry["unit"], entry["basis"], entry["as_of"])


def test_every_module_of_finance_is_named() -> None:
    topics = {
        "discounting": "## Present value",
        "ledger": "## A line is",
        "courses": "A course is 1 in month 1",
        "running_sums": "running sums of the course",
        "kept_draws": "are found again",
        "spent_by_month": "spent by each month",
        "excess_sums": "What exceeds a limit",
        "resale": "## Resale",
        "tax": "## Tax",
        "books": "Books:",
        "returns": "## Internal rate",
        "time_value": "## Lease",
        "depreciation": "MACRS",
    }
    modules = {path.stem for path in (ROOT / "calculator" / "finance").glob("*.py")} - {"__init__"}
    assert modules == set(topics)
    for text in topics.values():
        assert text in FINANCE
