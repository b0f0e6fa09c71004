"""The house, read with ast: which room may import which, small files, named errors, one place for factors, mirrors."""

import ast
import functools
import re
import shutil
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSES = ("calculator", "measurements", "views", "serving")
DOORS = ("app.py", "server.py", "answering.py", "local_llm_tco.py")
MAY_IMPORT = {
    "calculator": {"calculator"},
    "measurements": {"measurements", "calculator"},
    "views": {"views", "calculator"},
    "serving": {"serving", "calculator"},
    "answering": {"serving", "views", "calculator"},
    "app": {"views", "calculator", "measurements"},
    "local_llm_tco": {"calculator", "measurements", "serving", "views"},
    "server": {"app", "serving", "views", "calculator", "measurements"},
}
GROUND_FLOOR = ("units", "evidence", "errors", "number", "version")
ROOMS = (
    *("catalog", "finance", "scenario", "physics", "calibration", "service", "claims"),
    *("cost", "risk", "decision", "analysis", "report", "cli"),
)
"""In this order: a room imports only rooms to its left, and the ground floor."""
NEVER = ({"physics", "finance"}, {"physics", "scenario"})
IMPURE = (
    *("streamlit", "plotly", "altair", "mlx", "mlx_lm", "transformers", "sqlalchemy"),
    *("requests", "httpx", "urllib", "socket", "time", "random"),
)
MLX = ("mlx", "mlx_lm", "transformers")
MLX_ROOMS = ("measurements/worker/", "measurements/models/mlx_lm_process.py")
PANDAS_ROOMS = ("calculator/report/", "calculator/analysis/sweep.py", "calculator/cli/accuracy.py")
PROCESS_EDGES = {"measurements/worker/__main__.py"}
"""Whatever mlx-lm raises here becomes a named event for the parent."""
FOR_PROGRAMS = {
    *("calculator/catalog/price_import.py", "calculator/catalog/update_api_quotes.py"),
    *("calculator/catalog/package_prices.py", "calculator/cli/memory.py"),
    "calculator/calibration/left_out.py",
}
"""Files that write TOML, CSV or a command in `g`: a comma between thousands would break it."""
MOST_LINES = 330
MOST_ARGUMENTS = 7
MOST_FORMATTER_SKIPS = 15
EMPTY_NAMES = ("utils", "helpers", "common", "misc")
PYTHON = (*HOUSES, "bench", "tests")
"""Every folder with Python in it."""


def _files(root: Path, *houses: str) -> Iterator[Path]:
    for house in houses or HOUSES:
        yield from sorted((root / house).rglob("*.py"))
    if not houses:
        yield from (root / door for door in DOORS)


def _imports(path: Path) -> Iterator[str]:
    """Whole names of what a file imports; a relative import is refused, since nobody sees at once where it leads."""
    for level, names in _imports_of(path.read_text("utf-8")):
        assert level == 0, f"{path}: relative import; write the whole path"
        yield from names


@functools.cache
def _imports_of(text: str) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Level and names of each import of a source; most files of a copy are read again and again as they were."""
    found: list[tuple[int, tuple[str, ...]]] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found.append((0, tuple(alias.name for alias in node.names)))
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            found.append((node.level, (base, *(f"{base}.{alias.name}" for alias in node.names))))
    return tuple(found)


def _violations(root: Path) -> list[str]:
    """Every import that the drawing of the house forbids, as `file imports name`."""
    found: list[str] = []
    for path in _files(root):
        place = path.relative_to(root).as_posix()
        found += [f"{place} imports {name}" for name in dict.fromkeys(_imports(path)) if _is_forbidden(place, name)]
    return found


def _is_forbidden(place: str, name: str) -> bool:
    house, top = place.split("/", 1)[0].removesuffix(".py"), name.split(".", 1)[0]
    if top in MAY_IMPORT and top not in MAY_IMPORT[house]:
        return True
    if top in MLX and not place.startswith(MLX_ROOMS):
        return True
    if house == "calculator":
        return _is_forbidden_in_calculator(place, name)
    return False


def _is_forbidden_in_calculator(place: str, name: str) -> bool:
    top = name.split(".", 1)[0]
    if top in IMPURE or (top == "pandas" and not place.startswith(PANDAS_ROOMS)):
        return True
    parts, wanted = place.split("/")[1:], name.split(".")
    room = parts[0].removesuffix(".py")
    if top != "calculator" or len(wanted) == 1 or room in ("__init__", "__main__"):
        return False
    other = wanted[1]
    if other == room or other not in (*GROUND_FLOOR, *ROOMS):
        return False
    if room in GROUND_FLOOR:
        return other in ROOMS
    return {room, other} in NEVER or (other in ROOMS and ROOMS.index(other) > ROOMS.index(room))


def _misnamed_units(root: Path) -> list[str]:
    """Places where a name that says GB (1e9) meets the factor of GiB (2**30), or a name that says GiB that of GB."""
    found: list[str] = []
    for path in _files(root):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
                sides = [_last_name(node.left), _last_name(node.right)]
                for ending, factor in (("_gb", "BYTES_PER_GIB"), ("_gib", "BYTES_PER_GB")):
                    if factor in sides and any(side.endswith(ending) for side in sides):
                        found.append(f"{path.relative_to(root)}:{node.lineno}: {' and '.join(sides)}")
    return found


def _last_name(node: ast.expr) -> str:
    """`memory_gib` of `hardware.memory_gib` and of `count * hardware.memory_gib`; "" where there is no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.BinOp):
        return next(
            (name for side in (node.right, node.left) if (name := _last_name(side)).endswith(("_gb", "_gib"))), ""
        )
    return _last_name(node.args[0]) if isinstance(node, ast.Call) and node.args else ""


def test_rooms_import_only_what_the_house_allows() -> None:
    assert not _violations(ROOT)


def test_names_in_gb_and_gib_meet_their_own_factor() -> None:
    assert not _misnamed_units(ROOT)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house in which forbidden things can be planted."""
    place = tmp_path_factory.mktemp("house")
    for house in HOUSES:
        if (ROOT / house).exists():
            shutil.copytree(
                ROOT / house, place / house, ignore=shutil.ignore_patterns("__pycache__", "*.toml", "*.csv")
            )
    for door in DOORS:
        shutil.copy(ROOT / door, place / door)
    return place


PLANTED = {
    "physics -> decision": ("calculator/physics/speed/decode.py", "from calculator.decision.verdict import verdict_of"),
    "physics -> finance": ("calculator/physics/speed/prefill.py", "import calculator.finance.ledger"),
    "physics -> scenario": ("calculator/physics/measured.py", "from calculator.scenario import scenario"),
    "finance -> service": ("calculator/finance/ledger.py", "from calculator.service.usage import Usage"),
    "ground floor -> room": ("calculator/units.py", "from calculator.catalog import Catalog"),
    "catalog -> physics": ("calculator/catalog/loader.py", "from calculator.physics import prediction"),
    "report -> cli": ("calculator/report/terminal.py", "from calculator.cli import compare"),
    "calculator -> page": ("calculator/cost/tco.py", "import streamlit"),
    "calculator -> clock": ("calculator/decision/compare.py", "import time"),
    "views -> measurements": ("views/look.py", "from measurements.desk import Desk"),
    "measurements -> views": ("measurements/desk.py", "import views.look"),
    "mlx in views": ("views/look.py", "import mlx.core"),
    "mlx outside worker": ("measurements/probe/run.py", "import mlx.core as mx"),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_planted_import_is_seen(kind: str, copy: Path) -> None:
    file, line = PLANTED[kind]
    path, before = copy / file, (copy / file).read_text("utf-8")
    try:
        path.write_text(f"{before}\n\ndef _planted() -> None:\n    {line}\n", "utf-8")
        assert any(wrong.startswith(f"{file} imports") for wrong in _violations(copy))
    finally:
        path.write_text(before, "utf-8")


def test_planted_gb_that_holds_gib_is_seen(copy: Path) -> None:
    path = copy / "calculator/physics/memory/usable.py"
    before = path.read_text("utf-8")
    try:
        path.write_text(f"{before}\n\ndef _planted(card_gb: float) -> float:\n    return 2 * card_gb * BYTES_PER_GIB\n")
        assert any("usable.py" in wrong for wrong in _misnamed_units(copy))
    finally:
        path.write_text(before, "utf-8")


def test_calculator_holds_its_rooms_and_the_ground_floor_and_nothing_else() -> None:
    there = {path.name for path in (ROOT / "calculator").iterdir() if path.name != "__pycache__"}
    floor = {f"{name}.py" for name in GROUND_FLOOR} | {"__init__.py", "__main__.py"}
    assert there - {"py.typed"} == floor | set(ROOMS)


def test_drawing_of_the_rooms_is_the_house() -> None:
    """docs/decisions/0009 draws the arrows between rooms; what is drawn is what is imported."""
    text = (ROOT / "docs/decisions/0009-the-house-in-rooms.md").read_text("utf-8")
    drawn = {
        (room, other)
        for room, others in re.findall(r"^    (\w+) +<- (.+)$", text, re.M)
        for other in others.replace("(nothing)", "").split()
    }
    imported = {
        (room, name.split(".")[1])
        for room in ROOMS
        for path in _files(ROOT / "calculator", room)
        for name in _imports(path)
        if name.startswith("calculator.") and name.split(".")[1] in ROOMS and name.split(".")[1] != room
    }
    assert drawn == imported


def test_no_module_of_the_calculator_imports_in_a_circle() -> None:
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in _files(ROOT, *HOUSES)
    }
    arrows = {
        name: {other for other in _imports_at_load(path) if other in modules and other != name}
        for name, path in modules.items()
    }
    left = dict(arrows)
    while leaves := [name for name, others in left.items() if not others & left.keys()]:
        for name in leaves:
            del left[name]
    assert not left, f"import circle among {sorted(left)}"


def _imports_at_load(path: Path) -> Iterator[str]:
    """What is imported when the file is: not within functions, not for types alone."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from names
            if not all(
                (ROOT / f"{name.replace('.', '/')}.py").exists() for name in names
            ):  # not only modules of a package
                yield node.module or ""


def test_files_stay_small_and_names_say_something() -> None:
    big = [
        f"{path.relative_to(ROOT)}: {lines}"
        for path in _files(ROOT)
        if (lines := len(path.read_text("utf-8").splitlines())) > MOST_LINES
    ]
    assert not big
    assert not [path for path in _files(ROOT, *PYTHON) if path.stem.removeprefix("test_") in EMPTY_NAMES]
    assert len((ROOT / "app.py").read_text("utf-8").splitlines()) <= 100


def test_nobody_catches_what_cannot_be_named() -> None:
    broad = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in _files(ROOT)
        if path.relative_to(ROOT).as_posix() not in PROCESS_EDGES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
    ]
    assert not broad


def test_no_test_starts_an_event_loop_where_a_browser_has_one() -> None:
    """Alone it passes; after a browser test in the same process it fails. tests/serving/apart.py has a thread for it."""
    calls = re.compile(r"\b(asyncio|anyio|uvloop)\.run\(")
    assert not [str(path) for path in (ROOT / "tests").rglob("*.py") if calls.search(path.read_text("utf-8"))]


def test_every_file_begins_by_saying_what_it_holds() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in _files(ROOT)
        if path.read_text("utf-8").strip() and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert not silent


def _without_a_test(root: Path) -> list[str]:
    """Source files with code in them whose test file is missing; `__main__.py` is tested by `test_main.py`."""
    missing: list[str] = []
    for path in _files(root, *HOUSES):
        place = path.relative_to(root)
        name = path.stem.strip("_") if path.stem == "__main__" else path.stem
        test = root / "tests" / place.parent / f"test_{name}.py"
        if path.stem != "__init__" and path.read_text("utf-8").strip() and not test.exists():
            missing.append(f"{place.as_posix()} lacks {test.relative_to(root).as_posix()}")
    return missing


def test_tests_mirror_the_rooms() -> None:
    assert not _without_a_test(ROOT)


def test_source_file_without_a_test_is_seen(tmp_path: Path) -> None:
    for place in ("calculator/cost", "views", "tests/calculator/cost"):
        (tmp_path / place).mkdir(parents=True)
    for place in ("calculator/cost/bill.py", "calculator/cost/tco.py", "views/__main__.py", "calculator/__init__.py"):
        (tmp_path / place).write_text('"""Something."""\n', "utf-8")
    (tmp_path / "calculator/cost/empty.py").touch()
    (tmp_path / "tests/calculator/cost/test_bill.py").touch()
    assert _without_a_test(tmp_path) == [
        "calculator/cost/tco.py lacks tests/calculator/cost/test_tco.py",
        "views/__main__.py lacks tests/views/test_main.py",
    ]


def _public_functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Functions of a module and methods of its public classes whose names begin without an underscore."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    for node in (*tree.body, *(method for one in classes for method in one.body)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (
            node.name == "__init__" or not node.name.startswith("_")
        ):
            yield node


def _argument_count(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    found = function.args
    names = [one.arg for one in (*found.posonlyargs, *found.args, *found.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def test_public_functions_take_seven_arguments_at_most() -> None:
    crowded = [
        f"{path.relative_to(ROOT)}:{function.lineno}: {function.name} takes {_argument_count(function)}"
        for path in _files(ROOT)
        for function in _public_functions(ast.parse(path.read_text("utf-8")))
        if _argument_count(function) > MOST_ARGUMENTS
    ]
    assert not crowded


def test_formatter_is_switched_off_for_few_tables_only() -> None:
    skips = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (*_files(ROOT, *PYTHON), *(ROOT / door for door in DOORS))
        if path != Path(__file__)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if re.search(r"# fmt: (skip|off)", line)
    ]
    assert len(skips) <= MOST_FORMATTER_SKIPS, skips
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]
    assert not {"exclude", "extend-exclude", "format"} & configured.keys()


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s|\n\s*\n", text.strip(), maxsplit=1)[0]


def test_module_docstrings_name_the_thing_and_ask_nothing() -> None:
    asking = [
        f"{path.relative_to(ROOT)}: {sentence}"
        for path in (*_files(ROOT, *PYTHON), *(ROOT / door for door in DOORS))
        if "?" in (sentence := _first_sentence(ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""))
    ]
    assert not asking


def test_conversion_factors_live_in_units_only() -> None:
    factors = {1e9, 2**30, 8760.0, 3600.0}
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno} writes {node.value}"
        for path in _files(ROOT, "calculator")
        if path.name != "units.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
        and node.value in factors
    ]
    assert not wrong


_HELD_TO_SECONDS = re.compile(
    r"assert (?:time\.(?:monotonic|perf_counter)\(\) - .* < (?:[0-4]\b|[0-4]\.)|.*AT_ONCE_S|.*\['seconds'\] <)"
)


def _clocks_beside_others(text: str) -> list[str]:
    """Tests that hold the wall clock to less than five seconds and are not marked `alone`, nor their whole file."""
    tree = ast.parse(text)
    if any(
        isinstance(node, ast.Assign) and ast.unparse(node) == "pytestmark = pytest.mark.alone" for node in tree.body
    ):
        return []
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and _HELD_TO_SECONDS.search(ast.unparse(node))
        and "pytest.mark.alone" not in map(ast.unparse, node.decorator_list)
    ]


def test_no_number_for_a_person_can_turn_into_one_with_an_exponent() -> None:
    """A format of `g` or `e` writes 1.3e-05; `digits` and `plain_number` do not. float(f"{x:.3g}") only rounds."""
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in _files(ROOT)
        if str(path.relative_to(ROOT)) not in FOR_PROGRAMS | {"calculator/units.py"}
        for line in _exponents(path.read_text("utf-8"))
    ]
    assert not found
    assert list(_exponents('f"{x:,.3g} W"')) == list(_exponents('f"{x:.1e}"')) == [1]
    assert not [*_exponents('float(f"{x:.3g}")'), *_exponents('f"{digits(x, 3)} {x:,.2f} {x:>9} {x:%Y}"')]


def _exponents(source: str) -> Iterator[int]:
    """Lines with a number that `g` or `e` formats, unless it is read back at once."""
    tree = ast.parse(source)
    rounded = {
        id(inner)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "float"
        for inner in ast.walk(call)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None and id(node) not in rounded:
            spec = "".join(str(part.value) for part in ast.walk(node.format_spec) if isinstance(part, ast.Constant))
            if re.fullmatch(r"[^%]*[eEgG]", spec):
                yield node.lineno


def test_tests_that_hold_a_clock_to_seconds_run_alone() -> None:
    beside = {
        path.relative_to(ROOT).as_posix(): found
        for path in _files(ROOT, "tests")
        if (found := _clocks_beside_others(path.read_text("utf-8")))
    }
    assert not beside


_HELD = "def test_it():\n    assert time.monotonic() - began < 0.5\n"


def test_clock_beside_other_tests_is_seen() -> None:
    assert _clocks_beside_others(_HELD) == ["test_it"]
    assert not _clocks_beside_others(f"@pytest.mark.alone\n{_HELD}")
    assert not _clocks_beside_others(f"pytestmark = pytest.mark.alone\n{_HELD}")
    assert not _clocks_beside_others(_HELD.replace("monotonic", "process_time"))
    assert not _clocks_beside_others(_HELD.replace("0.5", "60"))


READS_TOML = {
    "calculator/catalog/loader.py": "the catalogue",
    "calculator/catalog/model_file.py": "a person's own model",
    "calculator/scenario/files.py": "a person's scenario",
    "calculator/scenario/version_1.py": "the defaults of version 0.1, which no longer change",
    "calculator/analysis/sweep.py": "a person's sweep",
    "calculator/calibration/calibration_file.py": "reads back the text that it is about to write",
}


def test_only_the_loader_opens_the_catalogue() -> None:
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in _files(ROOT, "calculator")
        if "tomllib.load" in path.read_text("utf-8")
    }
    assert readers == set(READS_TOML)


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
