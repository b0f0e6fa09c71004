"""The mutation test of bench/mutants.py: what it changes, what it leaves, its interval, and a run of it."""

import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.mutants import Z_95, drawn, wilson
from bench.mutation import mutants

ROOT = Path(__file__).parent.parent


def _changes(folder: Path, source: str) -> list[str]:
    path = folder / "source.py"
    path.write_text(source, "utf-8")
    return [mutant.change.replace("  ->  ", " -> ") for mutant in mutants(path)]


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("x = a + b", ["a + b -> a - b"]),
        ("x = a / b", ["a / b -> a * b"]),
        ("x = a < b", ["a < b -> a <= b", "a < b -> a >= b"]),
        ("x = a and b", ["a and b -> a or b"]),
        ("x = min(a, b)", ["min(a, b) -> max(a, b)"]),
        ("x = np.maximum(a, b)", ["np.maximum(a, b) -> np.minimum(a, b)"]),
        ("x = 0", ["0 -> 1"]),
        ("x = 3.0", ["3.0 -> 4.0", "3.0 -> 6.0"]),
        ("x = True", ["True -> False"]),
        ("x = -a", ["-a -> a"]),
        ("x = a[1:]", ["1 -> 2", "1 -> None"]),
        ("if a:\n    b()", ["a -> not a"]),
        ("if not a:\n    b()", ["not a -> a"]),
        ("if a is None:\n    b()", ["a is None -> a is not None"]),
        ("x = [a for a in b if a]", ["a -> not a"]),
        ("def f() -> float:\n    return a", ["a -> None", "a -> -a"]),
        ("def f() -> bool:\n    return a", ["a -> None", "a -> not a"]),
        ("def f() -> str:\n    return a", ["a -> None"]),
    ],
)
def test_changes_of_a_line(tmp_path: Path, source: str, changes: list[str]) -> None:
    assert _changes(tmp_path, source) == changes


def test_larger_of_two_is_swapped_where_smaller_is_not_imported(tmp_path: Path) -> None:
    path = tmp_path / "source.py"
    path.write_text("from calculator.number import larger\nx = larger(2.5, y)\n", "utf-8")
    (code,) = (mutant.code() for mutant in mutants(path) if mutant.change.startswith("larger"))
    assert code
    there: dict[str, float] = {"y": 7.0}
    exec(code, there)
    assert there["x"] == 2.5


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring."""',
        'raise ValueError(f"got {1 + 1}")',
        "x: Annotated[int, 1 + 1]",
        "def f(x: Literal[1]) -> Literal[2]: ...",
        "@lru_cache(maxsize=8)\ndef f(): ...",
        "class A:\n    def __repr__(self):\n        return 1 + 1",
        "zip(a, b, strict=True)",
        "isinstance(a, int | float)",
        "Number = float | Array",
        'x = f"{a:.2f}"',
        "return_nothing = None",
    ],
)
def test_words_types_and_guards_are_left_alone(tmp_path: Path, source: str) -> None:
    assert _changes(tmp_path, source) == []


def test_change_that_compiles_to_the_same_is_no_mutant(tmp_path: Path) -> None:
    path = tmp_path / "source.py"
    path.write_text("x = 0 * 5\n", "utf-8")
    compiled = {mutant.change: mutant.code() for mutant in mutants(path)}
    assert {change.replace("  ->  ", " -> ") for change, code in compiled.items() if code} == {
        "0 * 5 -> 0 / 5",  # 0.0, no longer an int
        "0 -> 1",
    }


def test_sample_follows_its_seed_and_leaves_the_tree_as_it_was() -> None:
    files = [ROOT / "calculator/finance/tax.py", ROOT / "calculator/finance/resale.py"]

    def sample(seed: int) -> list[tuple[str, int, str]]:
        return [(mutant.path.name, mutant.line, mutant.change) for mutant, _ in drawn(files, count=20, seed=seed)]

    assert len(sample(1)) == 20
    assert sample(1) == sample(1)
    assert sample(1) != sample(2)


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_is_the_published_one(successes: int, count: int, low: float, high: float) -> None:
    assert wilson(successes, count) == pytest.approx((low, high), abs=5e-5)
    for end in wilson(successes, count):
        assert abs(end - successes / count) == pytest.approx(Z_95 * math.sqrt(end * (1 - end) / count), abs=1e-9)


def test_run_notices_mutants_and_writes_no_source() -> None:
    source = ROOT / "calculator/finance/tax.py"
    before = source.read_bytes(), source.stat().st_mtime_ns
    run = subprocess.run(
        [sys.executable, "bench/mutants.py", "--sample", "4", "--only", "calculator/finance/tax.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert (source.read_bytes(), source.stat().st_mtime_ns) == before
    total = re.search(r"^all +4 +(\d+) +(\d+) +(\d+) +[\d.]+ %   [\d.]+ to [\d.]+ %$", run.stdout, re.M)
    assert total, run.stdout
    killed, late, survived = (int(count) for count in total.groups())
    assert killed >= 1  # without a mutant the file's tests passed
    assert killed + late + survived == 4
    assert len(re.findall(r"^survived: calculator/finance/tax.py:\d+: ", run.stdout, re.M)) == survived
