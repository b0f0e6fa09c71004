"""Does the house still stand as shared/DESIGN.md draws it? Read from the sources with ast."""

import ast
import re
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = {"calculator", "measurements", "views", "app", "server", "local_llm_tco"}
MAY_IMPORT = {
    "calculator": {"calculator"},
    "measurements": {"measurements", "calculator"},
    "views": {"views", "calculator"},
    "app": {"views", "calculator", "measurements"},
    "server": {"app", "views", "calculator", "measurements"},
    "local_llm_tco": {"calculator", "measurements"},
}
FORBIDDEN_IN_CALCULATOR = {
    "streamlit", "plotly", "mlx", "mlx_lm", "sqlalchemy", "requests", "httpx", "urllib", "socket", "time", "random", "altair",
}  # fmt: skip
# Inside the calculator: what each room may see. Physics and finance never see each other.
LAYERS = {
    "physics": {"finance", "tco", "compare", "uncertainty", "report", "service"},
    "finance": {"physics", "service", "tco", "compare", "uncertainty", "report"},
}
LOWER = {
    "units": {
        "evidence",
        "scenario",
        "catalog",
        "physics",
        "finance",
        "service",
        "tco",
        "compare",
        "uncertainty",
        "claims",
        "report",
    },
    "evidence": {
        "scenario",
        "catalog",
        "physics",
        "finance",
        "service",
        "tco",
        "compare",
        "uncertainty",
        "claims",
        "report",
    },
    "catalog": {"physics", "finance", "service", "tco", "compare", "uncertainty", "claims", "report"},
    "service": {"finance", "tco", "compare", "uncertainty", "claims", "report"},
    "tco": {"compare", "uncertainty", "claims", "report"},
    "compare": {"claims", "report"},
}


def _files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))
    if not folders:
        yield from (ROOT / "app.py", ROOT / "server.py", ROOT / "local_llm_tco.py")
        yield from _files("calculator", "measurements", "views")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; write the whole path"
            base = node.module or ""
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def test_rooms_import_only_what_the_house_allows() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in _files()
        for name in _imports(path)
        if (top := name.split(".")[0]) in ROOMS and top not in MAY_IMPORT[_room(path)]
    ]
    assert not wrong


def test_calculator_is_pure() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in _files("calculator")
        for name in _imports(path)
        if name.split(".")[0] in FORBIDDEN_IN_CALCULATOR
        or (
            name.split(".")[0] == "pandas"
            and "report" not in path.parts
            and path.name not in ("sweep.py", "accuracy.py")
        )
    ]
    assert not wrong


@pytest.mark.parametrize("room", [*LAYERS, *LOWER])
def test_layers_of_the_calculator_point_one_way(room: str) -> None:
    place = ROOT / "calculator" / room
    paths = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    above = LAYERS.get(room, set()) | LOWER.get(room, set())
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in paths
        for name in _imports(path)
        if name.startswith("calculator.") and name.split(".")[1] in above
    ]
    assert not wrong


def test_web_process_never_imports_mlx() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / "app.py", ROOT / "server.py", *_files("views"), *_files("calculator"))
        for name in _imports(path)
        if name.split(".")[0] in ("mlx", "mlx_lm", "transformers")
    ]
    assert not wrong


def test_files_stay_small_and_names_say_something() -> None:
    big = [
        f"{path.relative_to(ROOT)}: {lines}"
        for path in _files()
        if (lines := len(path.read_text("utf-8").splitlines())) > 330
    ]
    assert not big
    assert not [path for path in _files() if path.stem in ("utils", "helpers", "common", "misc")]
    assert len((ROOT / "app.py").read_text("utf-8").splitlines()) <= 100


# The edge of the worker process: whatever mlx-lm raises there becomes a named event for the parent.
PROCESS_EDGES = {"measurements/worker/__main__.py"}


def test_nobody_catches_what_cannot_be_named() -> None:
    broad = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in _files()
        if path.relative_to(ROOT).as_posix() not in PROCESS_EDGES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
    ]
    assert not broad


def test_every_file_begins_by_saying_what_it_answers() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in _files()
        if path.read_text("utf-8").strip() and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert not silent


def test_conversion_factors_live_in_units_only() -> None:
    factors = {1e9, 2**30, 8760.0, 3600.0}
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno} writes {node.value}"
        for path in _files("calculator")
        if path.name != "units.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
        and node.value in factors
    ]
    assert not wrong


def test_version_is_the_same_everywhere() -> None:
    from calculator.version import VERSION

    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == VERSION


@pytest.mark.parametrize("kind", [UserWarning, DeprecationWarning, RuntimeWarning])
@pytest.mark.parametrize("module", ["calculator.cost.bill", "measurements.desk", "views.look", "app", "server"])
def test_warning_of_our_own_is_an_error(module: str, kind: type[Warning]) -> None:
    with pytest.raises(kind):
        warnings.warn_explicit("planted", kind, filename="planted.py", lineno=1, module=module, registry={})


def test_warning_of_a_library_is_none_of_ours() -> None:
    with pytest.warns(UserWarning, match="planted"):
        warnings.warn_explicit("planted", UserWarning, filename="planted.py", lineno=1, module="calculators.x")


WIDEST = 120
_PROGRAM_WRITTEN = ("models/", "calibration.toml")  # by `measurements describe` and `calculator calibrate`
_FIGURES = re.compile(r'^\s*[\w.-]+ = \{ (?!.*\bnote = "(?!""\\$)).*$')


def _wide_lines(path: Path) -> Iterator[str]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if len(line) > WIDEST:
            yield f"{path.relative_to(ROOT)}:{number}: {line}"


def test_lines_of_documents_fit_the_page() -> None:
    pages = (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
    assert not [
        line for page in pages for line in _wide_lines(page) if ": |" not in line
    ]  # a table's row has no breaks


def test_lines_of_the_catalogue_fit_the_page() -> None:
    """A row of figures in one inline table may be wider, as TOML breaks none; its note stands below it."""
    folder = ROOT / "calculator/catalog"
    files = (path for path in folder.rglob("*.toml") if not str(path.relative_to(folder)).startswith(_PROGRAM_WRITTEN))
    assert not [line for path in files for line in _wide_lines(path) if not _FIGURES.match(line.split(": ", 1)[1])]
