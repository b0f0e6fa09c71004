"""Answers to programs, made in a process of their own: however dear they are, the pages' processor time stays theirs.

The server starts it, asks it over its standard input and reads its standard output; it ends when the server does. Python
computes in one thread of a process at a time, so beside two dear answers a slider took three times as long.
"""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

from calculator.physics.measured import MeasuredSpeed
from serving.answers import Query
from serving.replies import Reply, ReplyOf

_LONGEST_S = 60.0
"""No answer takes a tenth of it, and no start; a process that says nothing for so long is ended."""
_AGAIN_S = 5
_PAUSES_S = (1.0, 10.0, 60.0)
"""Before a process that ended is started again, the last one again and again: it may lack memory."""
_NICE = 10
"""Where processors are short, the pages come first."""
Speeds = tuple[MeasuredSpeed, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    path: str
    query: dict[str, list[str]]
    speeds: Speeds


@dataclass(frozen=True, slots=True)
class _Failed:
    """A fault of ours while an answer was made, as its traceback."""

    said: str


class _LostError(Exception):
    """The process ended before it answered."""


class _Process:
    """One running process. Raises _LostError where it does not begin."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self._read(_LONGEST_S)  # which it says once it is ready
        except _LostError:
            self.end()
            raise

    @property
    def has_ended(self) -> bool:
        """Whether it is gone, for example ended by the system for want of memory."""
        return self._process.poll() is not None

    def reply_to(self, asked: _Asked, *, longest_s: float) -> object:
        """What it answers within so many seconds. Raises _LostError."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # then nothing can be read either
            pickle.dump(asked, self._process.stdin)
            self._process.stdin.flush()
        return self._read(longest_s)

    def end(self) -> int:
        """End it, if it has not ended by itself; its exit code."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was written and never read
                    pipe.close()
        return self._process.wait()

    def _read(self, longest_s: float) -> object:
        assert self._process.stdout is not None
        alarm = threading.Timer(longest_s, self._process.kill)
        alarm.daemon = True
        alarm.start()
        try:
            return pickle.load(self._process.stdout)
        except (EOFError, pickle.UnpicklingError, OSError) as error:
            raise _LostError from error
        finally:
            alarm.cancel()


@dataclass(slots=True)
class AnswerProcesses:
    """Replies from `count` processes like `command`, each of which makes one at a time.

    Where none runs, because they have not begun yet or cannot, the reply is made here. A reply that is lost with its
    process is refused with 503 and not tried again: it may be what ended it. Ended processes are started again.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    here: ReplyOf
    speeds: Callable[[], Sequence[MeasuredSpeed]]
    count: int = 1
    pauses_s: Sequence[float] = _PAUSES_S
    longest_s: float = _LONGEST_S
    _idle: list[_Process] = field(default_factory=list[_Process])
    _alive_count: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _is_over: bool = False

    def start(self) -> None:
        """Start the processes beside whatever goes on."""
        for _ in range(self.count):
            self._start_one()

    def end(self) -> None:
        """End the processes that answer nobody, and start no more: whoever asks then is answered here."""
        with self._changed:
            self._is_over = True
            self._alive_count -= len(self._idle)
            while self._idle:
                self._idle.pop().end()
            self._changed.notify_all()

    def alive_count(self) -> int:
        """How many processes answer."""
        return self._alive_count

    def gauges(self) -> Mapping[str, tuple[str, float]]:
        """Figures of this moment by name: what each says, and its value."""
        return {
            "tco_answer_processes": ("Processes that make files and answers to programs.", float(self._alive_count))
        }

    def reply_of(self, path: str, query: Query) -> Reply:
        """The reply to the parameters of this path. Raises RuntimeError where making it failed by a fault of ours."""
        process = self._taken()
        if process is None:
            return self.here(path, query)
        asked = _Asked(path, {name: list(texts) for name, texts in query.items()}, tuple(self.speeds()))
        try:
            found = process.reply_to(asked, longest_s=self.longest_s)
        except _LostError:
            self._lost(process)
            says = f"The answer was lost with the process that made it. Try again in {_AGAIN_S} seconds."
            return Reply.refusal(path, says, status=503, headers={"retry-after": str(_AGAIN_S)})
        with self._changed:
            self._idle.append(process)
            self._changed.notify()
        if isinstance(found, Reply):
            return found
        raise RuntimeError(found.said if isinstance(found, _Failed) else f"{type(found).__name__} is no reply")

    def _taken(self) -> _Process | None:
        """A process that answers nobody now, as soon as there is one; None where none runs."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._idle or not self._alive_count)
                if not self._alive_count:
                    return None
                process = self._idle.pop()
            if not process.has_ended:
                return process
            self._lost(process)

    def _lost(self, process: _Process) -> None:
        with self._changed:
            self._alive_count -= 1
            self._changed.notify_all()
        print(f"A process for answers ended ({process.end()}); it is started again.", file=sys.stderr)
        self._start_one()

    def _start_one(self) -> None:
        threading.Thread(target=self._begin, name="answers", daemon=True).start()

    def _begin(self) -> None:
        """Start one process, with growing pauses where it does not begin."""
        for number in range(sys.maxsize):
            if self._is_over:
                return
            try:
                process = _Process(self.command, self.environment)
            except (_LostError, OSError):
                pause_s = self.pauses_s[min(number, len(self.pauses_s) - 1)]
                print(
                    f"A process for answers does not begin; the server makes them itself, and tries again in "
                    f"{pause_s:.0f} seconds.",
                    file=sys.stderr,
                )
                time.sleep(pause_s)
                continue
            with self._changed:
                self._idle.append(process)
                self._alive_count += 1
                self._changed.notify()
            if self._is_over:
                self.end()
            return


@dataclass(slots=True)
class KnownSpeeds:
    """Measured speeds as the server knows them: what it told with the last question."""

    known: Speeds = ()

    def __call__(self) -> Speeds:
        """The speeds."""
        return self.known


def serve(reply_of: ReplyOf, speeds: KnownSpeeds, *, asked: BinaryIO, told: BinaryIO) -> None:
    """Answer what is asked, one after the other, until the server ends."""
    with suppress(EOFError, BrokenPipeError):
        _tell("ready", told)
        while True:
            one: _Asked = pickle.load(asked)
            speeds.known = one.speeds
            _tell(_reply(reply_of, one), told)


def pipes_of_this_process() -> tuple[BinaryIO, BinaryIO]:
    """What the server asks and where it reads, for `serve`; whatever else is printed goes to its log from now on.

    Ctrl-C reaches every process of a console: the server ends by it, and this one with the server.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        os.nice(_NICE)
    told = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return sys.stdin.buffer, told


def _reply(reply_of: ReplyOf, one: _Asked) -> Reply | _Failed:
    try:
        return reply_of(one.path, one.query)
    except Exception:  # noqa: BLE001 - the boundary of the process: the server raises it, and logs it as its own
        return _Failed(traceback.format_exc())


def _tell(what: Reply | _Failed | Literal["ready"], told: BinaryIO) -> None:
    pickle.dump(what, told)
    told.flush()
