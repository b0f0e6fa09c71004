"""The Dockerfile: what it copies is there and let through, who runs it, and when its health check fails."""

import http.server
import os
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest

from deploy.try_image import ROOT, copied, health_command, not_ignored, stages


def test_everything_that_is_copied_is_there_and_let_through() -> None:
    first, _ = stages()
    sources = {source for group, _ in copied(first) for source in group}
    assert sources == not_ignored()
    assert not [source for source in sources if not (ROOT / source).exists()]


def test_everything_that_the_wheel_holds_is_copied() -> None:
    first, _ = stages()
    sources = {source for group, _ in copied(first) for source in group}
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(wheel["only-include"]) <= sources
    for wanted in wheel["force-include"]:
        assert any(wanted == source or wanted.startswith(f"{source}/") for source in sources), wanted


def test_nobody_is_root_and_home_is_where_one_may_write() -> None:
    _, last = stages()
    assert last.all("USER") == ["10001:10001"]
    assert (last.environment()["HOME"], last.all("WORKDIR")) == ("/tmp", ["/tmp"])
    assert last.environment()["TCO_MODE"] == "team"


def test_instruction_that_is_not_played_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM x\nRUN a && \\\n  b\nADD x y\n", "utf-8")
    with pytest.raises(ValueError, match="ADD in Dockerfile is not played"):
        stages(tmp_path / "Dockerfile")
    (tmp_path / "Dockerfile").write_text("# a\nFROM x\nRUN a && \\\n  b\n", "utf-8")
    (stage,) = stages(tmp_path / "Dockerfile")
    assert stage.steps == [("RUN", "a &&    b")]


@pytest.mark.parametrize(("status", "is_content"), [(200, True), (503, False), (404, False), (None, False)])
def test_health_check_fails_unless_ready(status: int | None, is_content: bool) -> None:
    asked: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            assert status is not None
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_port
    if status is None:
        server.shutdown()
        server.server_close()
    _, last = stages()
    command = [word.replace("8501", str(port)) for word in health_command(last)]
    done = subprocess.run([sys.executable, *command[1:]], capture_output=True, check=False)
    assert (done.returncode == 0) == is_content
    assert asked == ([] if status is None else ["/api/ready?need=catalogue"])
    if status is not None:
        server.shutdown()
        server.server_close()


@pytest.mark.skipif(
    not os.environ.get("THOROUGH") or sys.platform != "linux" or os.getuid() != 0,
    reason="half a minute; needs root on Linux. THOROUGH=1 runs it",
)
def test_image_is_built_and_runs_on_a_read_only_tree_as_its_user() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.try_image"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "User 10001, capabilities 0000000000000000, no new privileges 1" in done.stdout
    assert "The tree cannot be written to" in done.stdout
    assert "The health check of a hanging server ends with 1." in done.stdout
