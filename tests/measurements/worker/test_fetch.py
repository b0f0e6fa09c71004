"""Downloads from a hub on the loopback address: the pinned revision is measured, code is refused."""

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from measurements.probe.run import ROOT
from measurements.records.store import Store
from tests.measurements.tiny import LLAMA_IN_4_BITS as CONFIG
from tests.measurements.tiny import save_in_4_bits

pytest.importorskip("mlx_lm.models", reason="mlx-lm is not installed")

REVISION = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """One repository, org/tiny, at one revision: its files by name, and what was asked for."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files, self.asked = files, list[str]()
        self.said_bytes: dict[str, int] = {}  # sizes that the hub states, where they are not those of the files
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                hub.answer(self)

            def do_GET(self) -> None:
                hub.answer(self)

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        path = unquote(urlsplit(request.path).path)
        self.asked.append(f"{request.command} {path}")
        tree, resolve = f"/api/models/org/tiny/tree/{REVISION}", f"/org/tiny/resolve/{REVISION}/"
        if path == tree:
            listed = [
                {
                    "type": "file",
                    "path": name,
                    "size": self.said_bytes.get(name, len(content)),
                    "oid": hashlib.sha1(content).hexdigest(),
                }
                for name, content in self.files.items()
            ]
            self._send(request, json.dumps(listed).encode(), {"Content-Type": "application/json"})
        elif path.startswith(resolve) and path.removeprefix(resolve) in self.files:
            content = self.files[path.removeprefix(resolve)]
            etag = f'"{hashlib.sha256(content).hexdigest()}"'
            self._send(request, content, {"ETag": etag, "X-Repo-Commit": REVISION, "Accept-Ranges": "bytes"})
        else:
            code = "RevisionNotFound" if "/org/tiny/" in path else "RepoNotFound"
            self._send(request, b"{}", {"X-Error-Code": code}, status=404)

    @staticmethod
    def _send(
        request: http.server.BaseHTTPRequestHandler, content: bytes, headers: dict[str, str], *, status: int = 200
    ) -> None:
        request.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            request.send_header(name, value)
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(content)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A tiny Llama with random 4-bit weights, as mlx_lm saves it."""
    folder = tmp_path_factory.mktemp("saved")
    save_in_4_bits(folder)
    (folder / "README.md").write_text("A model card.")
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
def hub(files: dict[str, bytes]) -> Iterator[Hub]:
    """A hub with that model."""
    made = Hub(dict(files))
    yield made
    made.server.shutdown()
    made.server.server_close()


Probe = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def probe(hub: Hub, tmp_path: Path) -> Probe:
    """`python -m measurements probe org/tiny --tier real --json ...` with an empty cache and store."""

    def run(*more: str, repository: str = "org/tiny", revision: str = REVISION) -> "subprocess.CompletedProcess[str]":
        sizes = ["--depths", "24", "--chunk", "16", "--tokens", "4", "--trials", "2", "--memory-limit-gb", "3"]
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "measurements",
                "probe",
                repository,
                "--tier",
                "real",
                "--json",
                "--revision",
                revision,
                *sizes,
                *more,
            ],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
            env={
                **os.environ,
                "HF_ENDPOINT": hub.url,
                "HF_HOME": str(tmp_path / "hf"),
                "TMPDIR": str(tmp_path),
                "MEASUREMENTS_URL": str(tmp_path / "m.sqlite"),
                "HF_TOKEN": "a secret",
            },
        )

    return run


def test_repository_is_fetched_at_its_revision_measured_and_recorded(hub: Hub, probe: Probe, tmp_path: Path) -> None:
    done = probe()
    assert done.returncode == 0, done.stdout + done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["status"], last["tier"], len(last["records"])) == ("ok", "real", 2)
    assert last["plan"]["weights_bytes"] == len(hub.files["model.safetensors"])
    assert 0 < last["plan"]["read_bytes_per_token"] < last["plan"]["weights_bytes"]  # the embedding is not read
    decode, prefill = (item.record for item in Store(str(tmp_path / "m.sqlite")).records())
    for record in (decode, prefill):
        model = record.model
        assert (model.source, model.revision, model.weights) == ("org/tiny", REVISION, "real")
        assert (model.architecture, model.format, model.bits, model.group_size) == ("llama", "mlx-4bit", 4, 64)
        assert model.config_sha256 == hashlib.sha256(json.dumps(CONFIG, sort_keys=True).encode()).hexdigest()
    assert decode.result.load_s is not None
    assert decode.result.decode_tokens_per_s is not None
    assert prefill.result.time_to_first_token_s is not None
    assert not [path for path in hub.asked if REVISION not in path]  # no branch, no tag, no telemetry
    assert not [path for path in hub.asked if "README" in path]


def test_second_probe_needs_the_hub_no_more(hub: Hub, probe: Probe) -> None:
    assert probe().returncode == 0
    hub.server.shutdown()
    hub.server.server_close()
    again = probe("--trials", "1")
    assert json.loads(again.stdout.splitlines()[-1])["status"] == "ok", again.stderr


def _auto_map(files: dict[str, bytes]) -> None:
    files["config.json"] = json.dumps({**CONFIG, "auto_map": {"AutoModel": "evil.Model"}}).encode()


def _python(files: dict[str, bytes]) -> None:
    files["modeling_evil.py"] = b"open('ran', 'w')"


def _pickle(files: dict[str, bytes]) -> None:
    files["original/consolidated.00.pth"] = b"\x80\x04cposix\nsystem\n(S'touch ran'\ntR."


def _tokenizer_code(files: dict[str, bytes]) -> None:
    files["tokenizer_config.json"] = json.dumps({"auto_map": {"AutoTokenizer": ["evil.Tok", None]}}).encode()


@pytest.mark.parametrize(
    ("spoil", "said", "is_fetched"),
    [
        (_python, "modeling_evil.py", False),
        (_pickle, "original/consolidated.00.pth", False),
        (_auto_map, "'auto_map', which names code", True),
        (_tokenizer_code, "tokenizer_config.json contains 'auto_map'", True),
    ],
)
def test_repository_that_carries_code_is_refused_and_nothing_runs(
    hub: Hub, probe: Probe, spoil: Callable[[dict[str, bytes]], None], said: str, is_fetched: bool
) -> None:
    spoil(hub.files)
    done = probe()
    last = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, last["status"]) == (2, "refused")
    assert said in last["sentence"]
    assert any("model.safetensors" in path for path in hub.asked) == is_fetched
    assert not any(path.endswith((".py", ".pth")) for path in hub.asked)
    assert not (ROOT / "ran").exists()


def test_repository_larger_than_the_memory_is_refused_before_it_travels(hub: Hub, probe: Probe) -> None:
    hub.said_bytes["model.safetensors"] = 40 * 10**9
    done = probe()
    last = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, last["status"]) == (2, "refused")
    assert "40.0 GB of weights; the limit here is 3.0 GB" in last["sentence"]
    assert not any("/resolve/" in path for path in hub.asked)


@pytest.mark.parametrize(("repository", "revision"), [("org/other", REVISION), ("org/tiny", "f" * 40)])
def test_repository_or_revision_that_is_not_there_is_refused_in_words(
    probe: Probe, repository: str, revision: str
) -> None:
    done = probe(repository=repository, revision=revision)
    last = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, last["status"]) == (2, "refused")
    assert f"{repository} at {revision[:12]} could not be downloaded" in last["sentence"]
    assert "Traceback" not in done.stderr
