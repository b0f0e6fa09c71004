"""The real server: a wrong setting ends its start, and each mode shows and allows what it may over the real protocol."""

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.real_server import ROOT, browser, free_port, running_server, server_command, status_of

HOUSES = ("calculator", "measurements", "serving", "views")


def start(root: Path, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A start that must end by itself."""
    return subprocess.run(
        server_command(free_port()),
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "HOME": str(folder), "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1", **variables},
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program whose catalogue may be broken."""
    place = tmp_path_factory.mktemp("copy")
    for house in HOUSES:
        shutil.copytree(ROOT / house, place / house, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("app.py", "server.py", "answering.py"):
        shutil.copy(ROOT / name, place / name)
    shutil.copytree(ROOT / ".streamlit", place / ".streamlit")
    return place


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_server(tmp_path_factory.mktemp("public"), TCO_MODE="public") as url:
        yield url


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_server(tmp_path_factory.mktemp("local"), TCO_MODE="") as url:
        yield url


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"TCO_MODE": "open"}, "TCO_MODE is 'open'; use local, team or public."),
        ({"MEASUREMENTS_VISITORS": "all"}, "MEASUREMENTS_VISITORS is 'all'; use look, or leave it out."),
        (
            {"TCO_MODE": "public", "TCO_ANSWERS": "-1"},
            "TCO_ANSWERS is '-1'; it must be a number in 0..64. Correct it, or leave it out.",
        ),
    ],
)
def test_wrong_setting_ends_the_start_with_a_sentence(tmp_path: Path, variables: dict[str, str], said: str) -> None:
    done = start(ROOT, tmp_path, **variables)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1] == said
    assert "Traceback" not in done.stderr


def test_broken_catalogue_ends_the_start_and_names_file_key_and_repair(copy: Path, tmp_path: Path) -> None:
    file = copy / "calculator/catalog/machines/mac-studio-m5-ultra-96.toml"
    before = file.read_text("utf-8")
    try:
        file.write_text(before.replace("memory_gib =", "memory_gb =", 1), "utf-8")
        done = start(copy, tmp_path)
    finally:
        file.write_text(before, "utf-8")
    assert done.returncode == 2
    for told in ("machines/mac-studio-m5-ultra-96.toml", "memory_gib is missing", "Add it."):
        assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_catalogue_is_read_once_so_what_breaks_it_later_breaks_no_answer(copy: Path, tmp_path: Path) -> None:
    file = copy / "calculator/catalog/machines/mac-studio-m5-ultra-96.toml"
    before = file.read_text("utf-8")
    with running_server(tmp_path, root=copy) as url:
        asked = f"{url}/api/meta.json?options=mac-studio-m5-ultra-96"
        first = json.loads(status_of(asked)[1])
        try:
            file.write_text("this is no TOML", "utf-8")
            status, body = status_of(asked)
            with browser(url) as opened:
                assert "Something went wrong" not in opened.texts()
        finally:
            file.write_text(before, "utf-8")
    assert status == 200
    assert json.loads(body)["catalogue_hash"] == first["catalogue_hash"]


@pytest.mark.parametrize(
    "path", ["/_stcore/metrics", "/_stcore/agent/openapi.json", "/api/metrics", "/manifest.json", "/nowhere"]
)
def test_public_server_shows_no_stranger_its_facts(public: str, path: str) -> None:
    assert status_of(public + path)[0] == 404


def test_pages_routes_and_health_are_there_in_every_mode(public: str, local: str) -> None:
    for url in (public, local):
        for path in ("/", "/fit", "/what-if", "/sources", "/measurements", "/api", "/api/live", "/_stcore/health"):
            assert status_of(url + path)[0] == 200
        status, body = status_of(f"{url}/api/ready")
        assert (status, json.loads(body)["ready"]) == (200, True)
        assert json.loads(status_of(f"{url}/_stcore/host-config")[1])["allowedOrigins"] == []
    told = json.loads(status_of(f"{public}/_stcore/host-config")[1])
    assert set(told) == {"allowedOrigins", "useExternalAuthToken"}


def test_counts_are_for_the_person_at_the_machine(local: str) -> None:
    with browser(local):
        text = status_of(f"{local}/api/metrics")[1].decode()
    assert "\ntco_sessions 1\n" in text
    assert "\ntco_rerun_seconds_count 1\n" in text
    assert status_of(f"{local}/api/metrics", headers={"X-Forwarded-For": "203.0.113.9"})[0] == 404


def test_start_of_a_public_session_names_neither_path_nor_system(public: str, local: str) -> None:
    for url, is_told in ((public, False), (local, True)):
        with browser(url) as opened:
            [first] = [one for one in opened.messages if one.WhichOneof("type") == "new_session"]
            facts = first.new_session.initialize.environment_info
            assert (str(ROOT).encode() in first.SerializeToString()) == is_told
            assert (bool(facts.server_os), bool(facts.python_version)) == (is_told, is_told)


def test_uploads_are_refused_where_one_may_only_look(public: str, local: str) -> None:
    path = "/_stcore/upload_file/11111111-1111-1111-1111-111111111111/22222222-2222-2222-2222-222222222222"
    status, body = status_of(public + path, method="PUT", content=b"x" * 100_000)
    assert (status, b"open to anybody" in body) == (403, True)
    status, body = status_of(local + path, method="PUT", content=b"x", headers={"X-Forwarded-For": "203.0.113.9"})
    assert (status, b"You came through a proxy" in body) == (403, True)
    status, body = status_of(local + path, method="PUT", content=b"x")
    assert (status, b"XSRF" in body) == (403, True)  # Streamlit's own answer: whoever uploads has its cookie


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
def test_who_comes_through_a_proxy_to_a_local_server_may_only_look_and_reads_why(local: str, header: str) -> None:
    with browser(local, page="measurements", headers={header: "203.0.113.9"}) as opened:
        assert "You came through a proxy" in opened.texts().replace("\\", "")
    with browser(local, page="measurements") as opened:
        assert "proxy" not in opened.texts()


def test_public_page_shows_no_machine_and_takes_nothing(public: str) -> None:
    with browser(public, page="measurements") as opened:
        said = opened.texts()
        assert "open to anybody" in said.replace("\\", "")
        assert "A probe measures the machine" not in said
        kinds = {
            one.delta.new_element.WhichOneof("type") for one in opened.messages if one.WhichOneof("type") == "delta"
        }
        assert "file_uploader" not in kinds


def test_messages_of_a_developer_do_nothing(public: str) -> None:
    skills = {path for name in (".claude", ".agents", ".cursor") for path in ROOT.glob(f"{name}/**/*")}
    with browser(public) as opened:
        for name in ("clear_cache", "set_run_on_save", "load_git_info", "debug_shutdown_runtime"):
            message = BackMsg()
            setattr(message, name, True)
            opened.send(message)
        for name in ("install_skills", "dismiss_skills_nudge"):
            message = BackMsg()
            message.backend_operation_request.request_id = name
            getattr(message.backend_operation_request, name).SetInParent()
            opened.send(message)
        answered = opened.run()
        assert not [one for one in answered if one.WhichOneof("type") == "backend_operation_response"]
    assert {path for name in (".claude", ".agents", ".cursor") for path in ROOT.glob(f"{name}/**/*")} == skills


def test_every_route_asks_for_the_host(public: str) -> None:
    for path in ("/", "/api/decide.json", "/api/shade.json", "/_stcore/health", "/static/x", "/api/live"):
        assert status_of(public + path, headers={"Host": "evil.example"})[0] == 400


def test_user_without_a_home_serves_every_page_and_file(tmp_path: Path) -> None:
    """HOME is a place that nobody can make, as for a container's user."""
    with running_server(tmp_path, HOME="/proc/no-home", XDG_STATE_HOME="", XDG_CACHE_HOME="") as url:
        for name in ("", "fit", "measurements"):
            with browser(url, page=name) as opened:
                assert "Something went wrong" not in opened.texts()
        for path in ("/api/memo.pdf", "/api/report.xlsx", "/api/report.html", "/api/ready"):
            assert status_of(url + path)[0] == 200
    script = (
        "from measurements.desk import open_desk; from pathlib import Path\n"
        "config = Path('measurements/model_configs/qwen3-0.6b.json').read_bytes()\n"
        "print(open_desk('').own_model('config.json', config).layer_count)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": "/proc/no-home"},
    )
    assert done.stdout.strip() == "28", done.stderr


def said_of(line: dict[str, str]) -> str:
    return f"{line['method']} {line['route']} {line['status']}"


def test_team_server_trusts_whom_its_proxy_lets_in_and_logs_no_person(tmp_path: Path) -> None:
    through = {"X-Forwarded-For": "203.0.113.9", "Host": "tco.example.org"}
    with running_server(tmp_path, TCO_MODE="team", TCO_HOSTS="tco.example.org") as url:
        with browser(url, page="measurements", headers={"X-Forwarded-For": "203.0.113.9"}) as opened:
            kinds = {
                one.delta.new_element.WhichOneof("type") for one in opened.messages if one.WhichOneof("type") == "delta"
            }
            assert "file_uploader" in kinds
            [first] = [one for one in opened.messages if one.WhichOneof("type") == "new_session"]
            assert not first.new_session.initialize.environment_info.python_version
        assert status_of(f"{url}/_stcore/metrics", headers=through)[0] == 404
        counted = status_of(f"{url}/api/metrics", headers=through)[1]
        assert b"tco_rerun_seconds_count 1" in counted
        assert b"\ntco_answer_processes " in counted
        for name in ("decide", "shade"):
            assert status_of(f"{url}/api/{name}.json?wage_usd_per_h=77.25", headers=through)[0] == 200
        expected = {"GET /api/decide.json 200", "GET /api/shade.json 200", "GET /_stcore/metrics 404"}
        lines: list[dict[str, str]] = []
        until = time.monotonic() + 10  # a line is written after its answer has left
        while time.monotonic() < until and not expected <= {said_of(one) for one in lines}:
            lines = [
                json.loads(one)
                for one in (tmp_path / "log.txt").read_text("utf-8").splitlines()
                if one[:1] + one[-1:] == "{}"
            ]
            time.sleep(0.1)
    assert expected <= {said_of(one) for one in lines}
    for told in ("77.25", "203.0.113.9", "127.0.0.1", "tco.example.org"):
        assert told not in json.dumps(lines)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_server_for_many_makes_files_in_one_more_process_that_learns_no_secret_and_outlives_a_kill(
    tmp_path: Path,
) -> None:
    with running_server(tmp_path, TCO_MODE="public", PGPASSWORD="secret") as url:
        local = {"MEASUREMENTS_URL": str(tmp_path / "measurements.sqlite"), "PGPASSWORD": "secret"}
        first = _process_for_answers(tmp_path)
        learnt = Path(f"/proc/{first}/environ").read_bytes().decode()
        assert not [name for name in local if name in learnt]
        before = status_of(f"{url}/api/compare.csv?wage_usd_per_h=61")
        os.kill(first, signal.SIGKILL)
        again = status_of(f"{url}/api/compare.csv?wage_usd_per_h=61")
        while again[0] == 503:  # the kill was not seen yet
            again = status_of(f"{url}/api/compare.csv?wage_usd_per_h=61")
        assert before == again
        assert _process_for_answers(tmp_path) != first
        assert status_of(f"{url}/api/compare.csv?wage_usd_per_h=-1")[0] == 422


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("memory_gib =", "memory_gib  =", "The catalogue has changed since the server started."),
        ("memory_gib =", "memory_gb =", "memory_gib is missing"),
    ],
)
def test_process_for_answers_that_begins_later_never_answers_from_another_catalogue(
    copy: Path, tmp_path: Path, old: str, new: str, said: str
) -> None:
    file, log = copy / "calculator/catalog/machines/mac-studio-m5-ultra-96.toml", tmp_path / "log.txt"
    before = file.read_text("utf-8")
    with running_server(tmp_path, root=copy, TCO_MODE="public") as url:
        first = _process_for_answers(tmp_path)
        known = json.loads(status_of(f"{url}/api/meta.json")[1])["catalogue_hash"]
        try:
            file.write_text(before.replace(old, new, 1), "utf-8")
            os.kill(first, signal.SIGKILL)
            until = time.monotonic() + 60
            while said not in log.read_text("utf-8") and time.monotonic() < until:
                time.sleep(0.1)
            assert json.loads(status_of(f"{url}/api/meta.json")[1])["catalogue_hash"] == known
        finally:
            file.write_text(before, "utf-8")
    assert said in log.read_text("utf-8")
    assert "Traceback" not in log.read_text("utf-8")


def _process_for_answers(home: Path) -> int:
    """The process whose command names answering.py and whose HOME is this one, as soon as it is there."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for place in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                is_ours = f"HOME={home}\0".encode() in (place / "environ").read_bytes()
                if is_ours and b"answering.py" in (place / "cmdline").read_bytes():
                    return int(place.name)
        time.sleep(0.1)
    raise AssertionError("no process for answers within a minute")


def test_memory_is_shared_before_the_server_starts_anything_and_what_is_loaded_is_set_apart_at_the_end() -> None:
    body = ast.parse((ROOT / "server.py").read_text("utf-8")).body
    told = [one for one in body if isinstance(one, (ast.Expr, ast.Assign))]
    calls = [ast.unparse(one) for one in told if any(isinstance(part, ast.Call) for part in ast.walk(one))]
    calls = [one for one in calls if not one.startswith(('"', "'", "_"))]
    late = "warm_up(LOADED_LATE, set_pages_apart, first_answer, answering.start)"
    assert (calls[0], *calls[-2:]) == ("share_free_memory()", "set_loaded_apart()", late)
