"""Command `sweep` as real processes: killed at any moment and resumed, here and on a cluster, the same to the bit."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from calculator.__main__ import main
from calculator.analysis.sweep import CHUNK_SIZE, Grid, chunk_rows, read_grid
from calculator.cli import sweep as command
from calculator.report.parquet import parts_folder

ROOT = Path(__file__).parents[3]
CHUNKS = 6
GRID = """
[scenario]
options = ["mac-studio-m5-ultra-256", "api-same-model"]
[grid]
electricity_usd_per_kwh = [{prices}]
model = ["llama-3-70b", "no-such-model"]
"""
CLUSTER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


@pytest.fixture(scope="module")
def grid_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("grid") / "grid.toml"
    count = CHUNKS * CHUNK_SIZE // 2
    path.write_text(GRID.format(prices=", ".join(f"{price:.4f}" for price in np.linspace(0.05, 0.4, count))), "utf-8")
    return path


@pytest.fixture(scope="module")
def whole(grid_path: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a run that nothing disturbs, in one process."""
    out = tmp_path_factory.mktemp("whole") / "whole.parquet"
    assert main(["sweep", str(grid_path), "--out", str(out), "--workers", "1"]) == 0
    return out.read_bytes()


@contextmanager
def _sweep(grid: Path, out: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "calculator", "sweep", str(grid), "--out", str(out), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in filter(None, (process.stdout, process.stderr)):  # not read to its end: a worker might hold it open
            pipe.close()


def _part_count(out: Path) -> int:
    return len(list(parts_folder(out).glob("*.parquet")))


def _killed(grid: Path, out: Path, *more: str, after_s: float) -> list[int]:
    """Kill -9 a sweep some time after it has finished one more chunk; the processes that it had started."""
    with _sweep(grid, out, *more) as process:
        before, until = _part_count(out), time.monotonic() + 60
        while process.poll() is None and _part_count(out) == before and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(after_s)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        found = [int(pid) for pid in children.read_text().split()] if children.exists() else []
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    return found


def _runs(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def _finished(grid: Path, out: Path, *more: str) -> str:
    with _sweep(grid, out, *more) as process:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
    return error


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Address of a cluster of two workers on loopback, which ends with the tests."""
    process = subprocess.Popen(
        [sys.executable, "-c", CLUSTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()


def test_sweep_that_is_killed_goes_on_and_gives_the_same_file(tmp_path: Path, grid_path: Path, whole: bytes) -> None:
    out = tmp_path / "killed.parquet"
    generator = np.random.default_rng(20261122)
    started: list[int] = []
    for _ in range(3):
        started += _killed(grid_path, out, "--workers", "2", after_s=float(generator.uniform(0, 0.2)))
    kept = _part_count(out)  # none, where a kill fell after the last chunk
    said = _finished(grid_path, out, "--workers", "2")
    assert f"{kept} of {CHUNKS} chunks are already done" in said or not kept
    assert out.read_bytes() == whole
    assert not parts_folder(out).exists()
    until = time.monotonic() + 10
    while any(_runs(pid) for pid in started) and time.monotonic() < until:
        time.sleep(0.05)
    assert not [pid for pid in started if _runs(pid)], "workers outlive the sweep that was killed"


def test_sweep_on_a_cluster_gives_the_same_file_and_goes_on_after_a_kill(
    tmp_path: Path, grid_path: Path, whole: bytes, scheduler: str
) -> None:
    out, killed = tmp_path / "cluster.parquet", tmp_path / "killed.parquet"
    assert "6/6 chunks, about 0 s left" in _finished(grid_path, out, "--scheduler", scheduler)
    assert out.read_bytes() == whole
    _killed(grid_path, killed, "--scheduler", scheduler, after_s=0.05)
    _finished(grid_path, killed, "--scheduler", scheduler)
    assert killed.read_bytes() == whole


def test_sweep_says_how_far_it_is_and_how_long_it_takes(
    tmp_path: Path, grid_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "x.parquet"
    assert main(["sweep", str(grid_path), "--out", str(out), "--workers", "1"]) == 0
    said = capsys.readouterr()
    bars = [bar for bar in said.err.split("\r") if "chunks, about" in bar]
    assert [bar.split("] ")[1].split(" ")[0] for bar in bars] == [f"{n}/{CHUNKS}" for n in range(1, CHUNKS + 1)]
    assert bars[2].startswith("[###############               ]")
    assert bars[-1].rstrip().endswith("about 0 s left")
    assert "900 rows of 600 combinations" in said.out
    assert "300 combinations were refused" in said.out
    assert "'no-such-model' is not in the catalogue" in said.out


def test_sweep_rows_are_numbered_as_the_names_run(tmp_path: Path) -> None:
    grid = Grid(base={}, names=("months", "model", "wage_usd_per_h"), values=((12, 24), ("a", "b", "c"), (1, 2, 3, 4)))
    rows = [row for chunk in range(grid.chunk_count()) for row in grid.combinations(chunk)]
    assert [number for number, _ in rows] == list(range(24))
    assert rows[1][1] == {"months": 12, "model": "a", "wage_usd_per_h": 2}  # the last name runs fastest
    assert rows[23][1] == {"months": 24, "model": "c", "wage_usd_per_h": 4}
    assert len({tuple(row.items()) for _, row in rows}) == 24


def test_sweep_row_is_the_comparison_of_its_scenario(grid_path: Path, tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "whole.parquet"
    path.write_bytes(whole)
    table = pd.read_parquet(path)
    assert table["combination"].is_monotonic_increasing
    (day,) = set(table["prices_as_of"].dropna())
    rows = [row for row in chunk_rows(read_grid(grid_path), 3, as_of=day) if row["refused"] is None]
    mine = table[(table["combination"] // CHUNK_SIZE == 3) & table["refused"].isna()]
    for name in ("present_value_cost_usd", "total_low_usd", "usd_per_mtok", "scenario_id", "option"):
        assert mine[name].tolist() == [row[name] for row in rows]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("grid = 3", "grid is 3; it must be a table"),
        ("scenario = 3\n[grid]\nmonths = [12]", "scenario is 3; it must be a table"),
        ("[scenario]\nmonthz = 3\n[grid]\nmonths = [12]", "scenario.monthz is not a scenario value"),
        ("[scenarios]\nmonths = 12\n[grid]\nmonths = [12]", "[scenarios] is not a table of a grid file"),
        ('[grid]\nrequests_per_working_day = [100, "x"]', "mixes numbers and text"),
        ("[grid]\nstart_month = [2026-12-01]", "holds a date or a time"),
        ("[grid]\nmonths = []", "must be a list with at least one value"),
        (f"[grid]\nmonths = [{10**30}]", "whole number beyond"),
        ("[grid]\nmonths = [" + "1" * 5000 + "]", "is not a valid grid file"),
    ],
)
def test_grid_that_cannot_be_swept_is_refused_before_work_begins(
    tmp_path: Path, text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "grid.toml", tmp_path / "x.parquet"
    path.write_text(text, "utf-8")
    assert main(["sweep", str(path), "--out", str(out), "--workers", "1"]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not parts_folder(out).exists()


def test_sweep_into_a_folder_is_refused_before_work_begins(
    tmp_path: Path, grid_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", str(grid_path), "--out", str(tmp_path), "--workers", "1"]) == 2
    assert "is a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "says"), [("here", "is not an address"), ("tcp://127.0.0.1:1", "no cluster answers there")]
)
def test_scheduler_that_is_not_there_is_one_sentence(
    tmp_path: Path, grid_path: Path, address: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import dask.config
    import distributed  # noqa: F401  (its own settings first)

    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        assert main(["sweep", str(grid_path), "--out", str(tmp_path / "x.parquet"), "--scheduler", address]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_worker_with_another_catalogue_is_refused(grid_path: Path) -> None:
    from calculator.analysis.sweep import compute_chunk
    from calculator.errors import ScenarioError

    with pytest.raises(ScenarioError, match="another catalogue or calculator version"):
        compute_chunk(read_grid(grid_path), 0, "0123456789abcdef")


@pytest.fixture(name="quick")
def _quick(tmp_path: Path) -> Path:
    """A grid of three chunks that are refused at once, since nobody knows the model."""
    path = tmp_path / "quick.toml"
    prices = ", ".join(f"{price:.4f}" for price in np.linspace(0.05, 0.4, 3 * CHUNK_SIZE))
    path.write_text(f'[grid]\nelectricity_usd_per_kwh = [{prices}]\nmodel = ["no-such-model"]\n', "utf-8")
    return path


def _file_of(grid: Path, out: Path, *more: str) -> bytes:
    assert main(["sweep", str(grid), "--out", str(out), *more]) == 0
    return out.read_bytes()


def test_interrupted_sweep_says_what_is_kept_and_goes_on_from_there(
    quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compute, out = command.compute_chunk, tmp_path / "x.parquet"

    def stops(grid: Grid, chunk: int, *work: str) -> Any:
        if chunk == 2:
            raise KeyboardInterrupt
        return compute(grid, chunk, *work)

    with monkeypatch.context() as patched:
        patched.setattr(command, "compute_chunk", stops)
        assert main(["sweep", str(quick), "--out", str(out), "--workers", "1"]) == 130
    assert "Stopped; 2 of 3 chunks are kept. The same command continues" in capsys.readouterr().err
    found = _file_of(quick, out, "--workers", "1")
    said = capsys.readouterr().err
    assert "Resuming: 2 of 3 chunks are already done." in said
    assert "3/3 chunks" in said
    assert found == _file_of(quick, tmp_path / "y.parquet", "--workers", "1")


@pytest.mark.parametrize("count", ["0", "-2"])
def test_number_of_workers_below_one_is_refused(
    count: str, quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", str(quick), "--out", str(tmp_path / "x.parquet"), "--workers", count]) == 2
    assert f"--workers is {count}; it must be 1 or more." in capsys.readouterr().err


def test_chunks_of_several_workers_are_written_in_order(
    quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads in place of processes; the first chunk is the slowest."""
    compute, asked = command.compute_chunk, dict[str, Any]()

    def slow_first(grid: Grid, chunk: int, *work: str) -> Any:
        time.sleep(0.05 if chunk == 0 else 0)
        return compute(grid, chunk, *work)

    def pool(*, max_workers: int, initializer: Callable[[], None]) -> ThreadPoolExecutor:
        asked.update(max_workers=max_workers, initializer=initializer)
        return ThreadPoolExecutor(max_workers)

    alone = _file_of(quick, tmp_path / "alone.parquet", "--workers", "1")
    monkeypatch.setattr(command, "compute_chunk", slow_first)
    monkeypatch.setattr(command, "ProcessPoolExecutor", pool)
    assert _file_of(quick, tmp_path / "together.parquet", "--workers", "2") == alone
    assert asked["max_workers"] == 2


class _Client:
    """A cluster of one thread in this process, which may break."""

    closed = 0
    breaks: Exception | None = None

    def __init__(self, address: str, *, set_as_default: bool) -> None:
        assert (address, set_as_default) == ("tcp://127.0.0.1:8786", False)

    def nthreads(self) -> dict[str, int]:
        return {"a": 2, "b": 3}

    def submit(self, function: Callable[..., Any], *given: Any, pure: bool) -> Future[Any]:
        assert not pure
        found = Future[Any]()
        if self.breaks is None:
            found.set_result(function(*given))
        else:
            found.set_exception(self.breaks)
        return found

    def close(self) -> None:
        type(self).closed += 1


def test_cluster_computes_the_same_file_and_is_left_when_it_breaks(
    quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class KilledError(Exception):
        pass

    alone = _file_of(quick, tmp_path / "alone.parquet", "--workers", "1")
    there = ("--scheduler", "tcp://127.0.0.1:8786")
    library = SimpleNamespace(Client=_Client, KilledWorker=KilledError)
    monkeypatch.setattr(command, "importlib", SimpleNamespace(import_module={"dask.distributed": library}.get))
    assert _file_of(quick, tmp_path / "cluster.parquet", *there) == alone
    assert _Client.closed == 1
    capsys.readouterr()
    for error, said in ((KilledError("gone\nsecond line"), "gone"), (RuntimeError(), "RuntimeError")):
        monkeypatch.setattr(_Client, "breaks", error)
        assert main(["sweep", str(quick), "--out", str(tmp_path / "broken.parquet"), *there]) == 2
        assert f"the cluster gave up ({said})." in capsys.readouterr().err
    assert _Client.closed == 3


def test_cluster_without_its_library_is_one_sentence(
    quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(command, "importlib", SimpleNamespace(import_module=missing))
    assert main(["sweep", str(quick), "--out", str(tmp_path / "x.parquet"), "--scheduler", "tcp://a:1"]) == 2
    assert "--scheduler needs dask.distributed. Install it: pip install 'dask[distributed]'." in capsys.readouterr().err


def test_worker_leaves_interrupts_to_its_parent_and_ends_with_it(
    quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function that every worker begins with, in this process: without a parent it watches nobody."""
    begins: list[Callable[[], None]] = []

    def pool(*, max_workers: int, initializer: Callable[[], None]) -> ThreadPoolExecutor:
        begins.append(initializer)
        return ThreadPoolExecutor(max_workers)

    monkeypatch.setattr(command, "ProcessPoolExecutor", pool)
    _file_of(quick, tmp_path / "x.parquet", "--workers", "2")
    (begin,) = begins
    ignored: list[tuple[int, Any]] = []
    ended, codes = threading.Event(), list[int]()

    def exits(code: int) -> None:
        codes.append(code)
        ended.set()

    monkeypatch.setattr(command, "os", SimpleNamespace(_exit=exits))
    monkeypatch.setattr(
        command,
        "signal",
        SimpleNamespace(
            signal=lambda *given: ignored.append(given),  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
            SIGINT=signal.SIGINT,
            SIG_IGN=signal.SIG_IGN,
        ),
    )
    monkeypatch.setattr(command, "multiprocessing", SimpleNamespace(parent_process=lambda: None))
    begin()
    assert ignored == [(signal.SIGINT, signal.SIG_IGN)]
    assert not ended.is_set()
    parent = SimpleNamespace(join=lambda: None)
    monkeypatch.setattr(command, "multiprocessing", SimpleNamespace(parent_process=lambda: parent))
    begin()
    assert ended.wait(10)
    assert codes == [1]
