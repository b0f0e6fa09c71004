"""Process of its own for files and answers to programs; server.py starts it, in team and public mode."""

from calculator.cost import kept_bills, kept_cash, kept_loads
from serving.answer_process import KnownSpeeds, pipes_of_this_process, serve
from serving.answers import Answers
from serving.replies import replies
from serving.room import room_for_loads
from views.link import read_link

_SHARE = 4
"""It keeps a quarter of what the server keeps: programs seldom ask for the same firm again."""

if __name__ == "__main__":
    asked, told = pipes_of_this_process()
    kept_loads.keep_at_most(room_for_loads() // _SHARE)
    kept_cash.keep_at_most(room_for_loads() // _SHARE)
    kept_bills.keep_at_most(room_for_loads() // _SHARE // 8)
    speeds = KnownSpeeds()
    answers = Answers(read_link, speeds)
    answers.comparison({})  # which loads what the first question would wait for
    serve(replies(answers), speeds, asked=asked, told=told)
