"""A process of its own for answers to programs: the same replies, and nobody waits for one that is gone."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from calculator import load_catalog
from calculator.physics.measured import MeasuredSpeed
from serving.answer_process import AnswerProcesses
from serving.answers import Answers
from serving.replies import Reply, replies
from tests.calculator.offers import MEASURED
from views.link import read_link

ROOT = Path(__file__).parents[2]
HERE = Reply(200, b"here", "text/plain")
PLAIN = """
import os, sys, time
from serving.answer_process import KnownSpeeds, pipes_of_this_process, serve
from serving.replies import Reply
speeds = KnownSpeeds()
def reply(path, query):
    print("printed by a library")
    if path == "/die": os._exit(3)
    if path == "/fault": raise ValueError("a fault of ours")
    if path == "/slow": time.sleep(0.5)
    if path == "/spoils": told.write(query["bytes"][0].encode()); told.flush(); time.sleep(60)
    return Reply(200, f"{os.getpid()} {len(speeds())} {query}".encode(), "text/plain")
asked, told = pipes_of_this_process()
serve(reply, speeds, asked=asked, told=told)
"""


@contextmanager
def _answering(
    *words: str, count: int = 1, here: Callable[..., Reply] = lambda path, query: HERE, begins: bool = True
) -> Iterator[AnswerProcesses]:
    """Processes that have begun; they end with the test."""
    made = AnswerProcesses(
        [sys.executable, *words],
        {**os.environ, "PYTHONPATH": str(ROOT)},
        here=here,
        speeds=lambda: (MEASURED, MEASURED),
        count=count,
        pauses_s=(0.05,),
    )
    made.start()
    if begins:
        _until(lambda: made.alive_count() == count)
    yield made
    made.end()


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _pid(reply: Reply) -> int:
    return int(reply.content.split()[0])


def test_files_and_answers_are_those_of_the_server_itself() -> None:
    here = replies(Answers(read_link, tuple))
    query = {"options": ["mac-studio-m5-ultra-96", "api-same-model"], "wage_usd_per_h": ["77"]}
    with _answering(str(ROOT / "answering.py"), load_catalog().hash, here=here) as made:
        made.speeds = tuple
        for path in ("/api/compare.csv", "/api/compare.json", "/api/choose.json", "/api/meta.json"):
            assert made.reply_of(path, query) == here(path, query)
        refused = made.reply_of("/api/compare.csv", {"wage_usd_per_h": ["-1"]})
        assert (refused.status, refused) == (422, here("/api/compare.csv", {"wage_usd_per_h": ["-1"]}))


def test_question_and_measured_speeds_cross_and_what_is_printed_spoils_nothing() -> None:
    with _answering("-c", PLAIN) as made:
        for _ in range(3):
            reply = made.reply_of("/x", {"a": ("1", "2")})
            assert (_pid(reply) != os.getpid(), reply.content.split(b" ", 1)[1]) == (True, b"2 {'a': ['1', '2']}")


def test_what_nobody_waits_for_is_done_after_the_answer() -> None:
    code = PLAIN.replace("told=told)", "told=told, afterwards=lambda: (time.sleep(0.4), os._exit(7)))")
    with _answering("-c", code) as made:
        assert _pid(made.reply_of("/x", {})) != os.getpid()
        _until(lambda: not made.alive_count())


def test_fault_of_ours_is_raised_with_its_traceback_and_the_process_goes_on() -> None:
    with _answering("-c", PLAIN) as made:
        pid = _pid(made.reply_of("/x", {}))
        with pytest.raises(RuntimeError, match="ValueError: a fault of ours"):
            made.reply_of("/fault", {})
        assert _pid(made.reply_of("/x", {})) == pid


def test_reply_that_is_lost_with_its_process_is_refused_once_and_another_process_begins(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with _answering("-c", PLAIN) as made:
        pid = _pid(made.reply_of("/x", {}))
        lost = made.reply_of("/die", {})
        assert (lost.status, lost.headers["retry-after"]) == (503, "5")
        assert lost.content == b"The answer was lost with the process that made it. Try again in 5 seconds.\n"
        _until(lambda: made.alive_count() == 1)
        assert _pid(made.reply_of("/x", {})) not in (pid, os.getpid())
        assert "A process for answers ended (exit code 3). It is started again in 0.05 s." in capfd.readouterr().err


def test_process_that_ended_while_it_rested_costs_nobody_an_answer() -> None:
    with _answering("-c", PLAIN) as made:
        os.kill(_pid(made.reply_of("/x", {})), signal.SIGKILL)
        replied = [made.reply_of("/x", {}).status for _ in range(20)]
        assert replied.count(200) >= 19  # the kill may come while the first is read
        _until(lambda: made.alive_count() == 1)
        assert made.reply_of("/x", {}) != HERE


def test_process_that_ended_while_it_rested_is_seen_and_leaves_nothing_though_nobody_asks() -> None:
    with _answering("-c", PLAIN) as made:
        pid, pipes = _pid(made.reply_of("/x", {})), _pipe_count()
        for _ in range(3):
            os.kill(pid, signal.SIGKILL)
            _until(lambda pid=pid: not _is_there(pid))
            _until(lambda: made.reply_of("/x", {}) != HERE)
            again = _pid(made.reply_of("/x", {}))
            assert (again != pid, _pipe_count()) == (True, pipes)
            pid = again


def test_process_that_ends_as_soon_as_it_begins_is_started_more_and_more_seldom(
    capfd: pytest.CaptureFixture[str],
) -> None:
    made = AnswerProcesses(
        [sys.executable, "-c", PLAIN.replace("asked=asked", "asked=open(os.devnull, 'rb')")],
        {**os.environ, "PYTHONPATH": str(ROOT)},
        here=lambda path, query: HERE,
        speeds=tuple,
        pauses_s=(0.05, 0.05, 600),
    )
    made.start()
    said: list[str] = []

    def has_given_up() -> bool:
        said.append(capfd.readouterr().err)
        return "in 600 s." in "".join(said)

    _until(has_given_up)
    assert "".join(said).count("A process for answers ended (exit code 0). It is started again") == 3
    assert made.reply_of("/x", {}) == HERE
    made.end()


@pytest.mark.parametrize("one", [signal.SIGTERM, signal.SIGINT])
def test_process_leaves_it_to_the_server_when_to_end(one: signal.Signals) -> None:
    with _answering("-c", PLAIN) as made:
        pid = _pid(made.reply_of("/x", {}))
        assert os.getsid(pid) == pid  # Ctrl-C at a console does not reach it, even before it can ignore that
        os.kill(pid, one)
        assert _pid(made.reply_of("/slow", {})) == pid


@pytest.mark.parametrize("said", ["I am no number\n", "cno.such.module\nname\n.", "\x00", "."])
def test_answer_that_is_no_answer_is_refused_and_nobody_waits_for_that_process(said: str) -> None:
    with _answering("-c", PLAIN) as made:
        assert made.reply_of("/spoils", {"bytes": [said]}).status == 503
        _until(lambda: made.alive_count() == 1)
        assert made.reply_of("/x", {}) != HERE


def test_speeds_that_cannot_be_told_hold_no_process() -> None:
    with _answering("-c", PLAIN) as made:

        def fail() -> tuple[MeasuredSpeed, ...]:
            raise LookupError

        well, made.speeds = made.speeds, fail
        for _ in range(2):
            with pytest.raises(LookupError):
                made.reply_of("/x", {})
        made.speeds = well
        assert made.reply_of("/x", {}) != HERE


def test_process_that_answers_at_the_end_is_ended_after_its_answer() -> None:
    with _answering("-c", PLAIN) as made:
        pid, found = _pid(made.reply_of("/x", {})), list[Reply]()
        asks = threading.Thread(target=lambda: found.append(made.reply_of("/slow", {})))
        asks.start()
        time.sleep(0.1)
        made.end()
        asks.join()
        assert _pid(found[0]) == pid
        assert made.reply_of("/x", {}) == HERE
        _until(lambda: not _is_there(pid))


def test_process_that_says_nothing_more_is_ended_and_started_again() -> None:
    with _answering("-c", PLAIN) as made:
        pid = _pid(made.reply_of("/x", {}))
        os.kill(pid, signal.SIGSTOP)
        made.longest_s = 0.3
        assert made.reply_of("/x", {}).status == 503
        made.longest_s = 60.0
        _until(lambda: made.alive_count() == 1)
        assert _pid(made.reply_of("/x", {})) != pid


def test_process_that_does_not_read_a_long_question_is_ended_too_and_the_server_answers() -> None:
    with _answering("-c", PLAIN) as made:
        os.kill(_pid(made.reply_of("/x", {})), signal.SIGSTOP)
        made.longest_s = 0.3
        assert made.reply_of("/x", {"a": ["more than a pipe holds" * 10_000]}) == HERE


@pytest.mark.parametrize(
    "words",
    [
        ("-c", "raise SystemExit(1)"),
        ("-c", "print('no pickle', flush=True)"),
        ("-c", "print('I am no number', flush=True)"),
        ("/none",),
    ],
)
def test_server_answers_itself_where_no_process_begins(
    words: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []

    def says() -> bool:
        told.append(capfd.readouterr().err)
        return "".join(told).count("A process for answers did not start.") >= 2

    with _answering(*words, begins=False) as made:
        assert made.reply_of("/x", {}) == HERE
        _until(says)
        assert made.reply_of("/x", {}) == HERE


def test_server_of_one_person_starts_none() -> None:
    with _answering("-c", PLAIN, count=0) as made:
        assert made.reply_of("/x", {}) == HERE
        assert made.alive_count() == 0


def test_two_processes_answer_at_once_and_many_questions_all_get_their_own_answer() -> None:
    with _answering("-c", PLAIN, count=2) as made:
        found: dict[int, Reply] = {}

        def asks(number: int) -> None:
            found[number] = made.reply_of("/slow" if number < 2 else "/x", {"n": [str(number)]})

        threads = [threading.Thread(target=asks, args=(number,)) for number in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [found[number].content.decode().split(" ", 2)[2] for number in range(30)] == [
            str({"n": [str(number)]}) for number in range(30)
        ]
        assert len({_pid(reply) for reply in found.values()}) == 2


def test_processes_end_with_a_server_that_is_killed(tmp_path: Path) -> None:
    code = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from serving.answer_process import AnswerProcesses
made = AnswerProcesses([sys.executable, "-c", {PLAIN!r}], {{"PYTHONPATH": {str(ROOT)!r}}}, here=None, speeds=tuple)
made.start()
while not made.alive_count(): time.sleep(0.02)
print(made.reply_of("/x", {{}}).content.split()[0].decode(), flush=True)
time.sleep(60)
"""
    server = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    pid = int(server.stdout.readline())
    server.kill()
    server.wait()
    server.stdout.close()
    _until(lambda: not _runs(pid))


def _is_there(pid: int) -> bool:
    """Whether the system knows it, though it may have ended and nobody asked for its exit code."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _pipe_count() -> int:
    """How many pipes this process holds; 0 where the system has no /proc."""
    held = Path("/proc/self/fd")
    return sum(os.readlink(one).startswith("pipe:") for one in held.glob("*") if one.is_symlink())


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")
