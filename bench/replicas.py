"""One of two replicas is killed under many sessions: how soon they are on the other one, with the same answers.

    python bench/replicas.py                 50 sessions on `make cluster`'s replicas behind nginx
    python bench/replicas.py --sessions 100

Each session asks its own question. Half a second after all have their answer one replica gets SIGKILL; every session
that it held opens a new one, as Streamlit's front end does by itself, and must get the very answer that it had.
"""

import argparse
import re
import signal
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection

from bench.visitors import Visitor, run_page
from deploy.cluster import Cluster, missing

MOST_REACHED_S = 1.0
_ANSWER = re.compile(rb'"title": ?"[^"]*", ?"amount": ?"[^"]*"[^}]*?"range": ?"[^"]*"')


@dataclass
class Seat:
    """A visitor with a question, the answer to it, and how long he waited after the kill."""

    visitor: Visitor
    query: str
    session: ClientConnection
    answer: frozenset[bytes] = frozenset()
    reached_s: float = 0.0
    answered_s: float = 0.0
    same: bool = False
    replica: str = field(default="")


def answer_of(messages: Sequence[ForwardMsg]) -> frozenset[bytes]:
    """The verdicts that a page showed: their titles and amounts."""
    return frozenset(_ANSWER.findall(b"".join(message.SerializeToString() for message in messages)))


def _seated(cluster: Cluster, number: int) -> Seat:
    visitor = Visitor(cluster.url)
    query = f"wage_usd_per_h={60 + number}"
    seat = Seat(visitor, query, visitor.session().__enter__())
    seat.answer = answer_of(run_page(seat.session, query))
    return seat


def _reach(seat: Seat, killed_at: float) -> None:
    while seat.visitor.reach("/_stcore/health") != 200:
        time.sleep(0.02)
    seat.reached_s = time.monotonic() - killed_at


def _open_again(seat: Seat, killed_at: float) -> None:
    with seat.visitor.session() as session:
        seat.same = answer_of(run_page(session, seat.query)) == seat.answer
    seat.answered_s = time.monotonic() - killed_at


def main() -> int:
    """Print the waits; exit code 1 if an answer differs or a session waits more than a second for the other replica."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--sessions", type=int, default=50)
    options = parser.parse_args()
    if said := missing():
        print(f"Not measured: {said}")
        return 0
    with Cluster() as cluster, ThreadPoolExecutor(8) as hands:
        seats = list(hands.map(partial(_seated, cluster), range(options.sessions)))
        places = {one.visitor: one.replicas for one in cluster.log()}
        for seat in seats:
            seat.replica = places[seat.visitor.cookies["replica"]]
        victim = f"127.0.0.1:{cluster.replica_ports[0]}"
        lost = [seat for seat in seats if seat.replica == victim]
        time.sleep(0.5)
        cluster.replicas[0].send_signal(signal.SIGKILL)
        killed_at = time.monotonic()
        list(hands.map(partial(_reach, killed_at=killed_at), lost))
        list(hands.map(partial(_open_again, killed_at=killed_at), lost))
        stayed = [seat for seat in seats if seat.replica != victim]
        undisturbed = sum(answer_of(run_page(seat.session, seat.query)) == seat.answer for seat in stayed)
        for seat in seats:
            seat.session.close()
    reached, answered = (sorted(getattr(seat, name) for seat in lost) for name in ("reached_s", "answered_s"))
    same = sum(seat.same for seat in lost)
    print(f"{len(seats)} sessions, {len(lost)} of them on the killed replica")
    for name, times in (("the other replica answers", reached), ("the page is whole again", answered)):
        print(f"{name:26} median {statistics.median(times):.2f} s, slowest {times[-1]:.2f} s after the kill")
    print(
        f"same answer as before: {same} of {len(lost)}; undisturbed on the other replica: {undisturbed} of {len(stayed)}"
    )
    print(f"different questions gave {len({seat.answer for seat in seats})} different answers")
    failed = same < len(lost) or undisturbed < len(stayed) or any(not seat.answer for seat in seats)
    return int(failed or reached[-1] > MOST_REACHED_S)


if __name__ == "__main__":
    sys.exit(main())
