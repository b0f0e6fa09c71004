"""Process of its own for files and answers to programs; server.py starts it, in team and public mode."""

import sys

from calculator import CalculatorError, load_catalog
from calculator.cost import kept_bills, kept_cash, kept_loads
from serving.answer_process import KnownSpeeds, pipes_of_this_process, serve
from serving.answers import Answers
from serving.free_memory import return_free_pages, share_free_memory
from serving.replies import replies
from serving.room import room_for_loads
from views.link import read_link

_SHARE = 4
"""It keeps a quarter of what the server keeps: programs seldom ask for the same firm again."""


def end_unless_same_catalogue(hash_of_server: str) -> None:
    """End this process with a sentence where the catalogue is no longer what the server read at its start."""
    try:
        if load_catalog().hash == hash_of_server:
            return
        sys.exit("The catalogue has changed since the server started. Restart the server to use the new one.")
    except CalculatorError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    asked, told = pipes_of_this_process()
    share_free_memory()
    end_unless_same_catalogue(sys.argv[1])
    kept_loads.keep_at_most(room_for_loads() // _SHARE)
    kept_cash.keep_at_most(room_for_loads() // _SHARE)
    kept_bills.keep_at_most(room_for_loads() // _SHARE // 8)
    speeds = KnownSpeeds()
    answers = Answers(read_link, speeds)
    answers.comparison({})  # which loads what the first question would wait for
    serve(replies(answers), speeds, asked=asked, told=told, afterwards=return_free_pages)
