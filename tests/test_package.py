"""The wheel: what it holds, and that the command and the page run from it outside the source tree."""

import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

import local_llm_tco

ROOT = Path(__file__).parent.parent
MOST_BYTES = 5_000_000
START_S = 60
DATA = (
    *(ROOT / "calculator/catalog").rglob("*.toml"),
    *(ROOT / "calculator/scenario/presets").glob("*.toml"),
    *(ROOT / "measurements/model_configs").glob("*.json"),
    *(ROOT / "views/components").rglob("*.js"),
    *(ROOT / "views/components").rglob("*.css"),
    *(ROOT / package / "py.typed" for package in ("calculator", "measurements", "views")),
    ROOT / "measurements/published.csv",
    ROOT / "measurements/refused.csv",
    ROOT / "views/icon.png",
    ROOT / ".streamlit/config.toml",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the pinned backend without an index."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of a fresh environment with the wheel in it; dependencies are those of this environment."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    install = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(folder / "bin/python")]
    install += ["install", "-q", "--no-deps", "--no-index", str(wheel)]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # After the wheel's own folder, so that an editable installation of this tree is not what runs.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return folder / "bin"


def _run(*words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        [str(word) for word in words], cwd=folder, env=clean, capture_output=True, text=True, check=False
    )


def test_wheel_is_small_and_holds_all_data(wheel: Path) -> None:
    assert wheel.stat().st_size < MOST_BYTES
    held = set(zipfile.ZipFile(wheel).namelist())
    assert not [path for path in DATA if path.relative_to(ROOT).as_posix() not in held]
    assert {"app.py", "server.py", "answering.py", "local_llm_tco.py"} <= held
    assert not [name for name in held if name.startswith(("tests/", "docs/", "bench/"))]


def test_front_door_answers_from_the_wheel_alone(scripts: Path, tmp_path: Path) -> None:
    code = (
        "import calculator; from calculator import load_catalog, Scenario, compare;"
        "print(calculator.__file__); print(compare(Scenario(), load_catalog()).verdict.sentence)"
    )
    done = _run(scripts / "python", "-c", code, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    place, sentence = done.stdout.strip().split("\n")
    assert Path(place).is_relative_to(scripts.parent)
    assert "today's money" in sentence


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("compare",), "present value"),
        (("compare", "article"), "present value"),
        (("predict", "--machine", "mac-studio-m3-ultra-512", "--model", "llama-3-8b", "--format", "mlx-4bit"), "fits"),
        (("list", "machines"), "mac-studio-m3-ultra-512"),
        (("measurements", "--help"), "plan"),
        (("doctor", "--quick"), "works  page"),
    ],
)
def test_command_answers_outside_the_tree(scripts: Path, tmp_path: Path, words: tuple[str, ...], answer: str) -> None:
    done = _run(scripts / "local-llm-tco", *words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert answer in done.stdout


def test_bare_command_serves_the_page_with_its_settings(scripts: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "log.txt"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment |= {"HOME": str(tmp_path), "MEASUREMENTS_URL": str(tmp_path / "measurements.sqlite")}
    command = [scripts / "local-llm-tco", "--server.port", str(port), "--server.headless", "true"]
    with log.open("w") as output:
        page = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + START_S
        while not _is_healthy(port):
            assert page.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline, log.read_text("utf-8")
            time.sleep(0.1)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as start_page:
            assert "default-src 'self'" in start_page.headers["content-security-policy"]
        assert f"http://127.0.0.1:{port}" in log.read_text("utf-8")  # config.toml's address, not 0.0.0.0
    finally:
        page.send_signal(signal.SIGTERM)
        page.wait(timeout=10)


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def test_command_says_what_it_knows_and_refuses_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        local_llm_tco.main(["nothing-of-this-name"])
    assert ended.value.code == 2
    assert local_llm_tco.main(["measurements", "nothing-of-this-name"]) == 2
    assert "nothing-of-this-name" in capsys.readouterr().err
