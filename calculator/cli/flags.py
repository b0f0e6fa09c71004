"""Flags of the command line: what argparse refuses in its own words is said in ours, in one sentence."""

import argparse
import re
from typing import NoReturn

_WHOLE, _NUMBER = ("it must be a whole number such as 1000", "it must be a number such as 0.5")
_LONGEST_SHOWN = 60
_SENTENCES = (
    (r"argument (?P<flag>[^:]+): invalid int value: (?P<got>.*)", f"{{flag}} is {{got}}; {_WHOLE}."),
    (r"argument (?P<flag>[^:]+): invalid float value: (?P<got>.*)", f"{{flag}} is {{got}}; {_NUMBER}."),
    (
        r"argument (?P<flag>[^:]+): invalid choice: (?P<got>.*) \(choose from (?P<known>.*)\)",
        "{flag} is {got}; use one of {known}.",
    ),
    (r"argument (?P<flag>[^:]+): expected (one|1) argument", "{flag} needs a value. Write it behind the flag."),
    (r"the following arguments are required: (?P<flag>.*,.*)", "{flag} are missing. Add them."),
    (r"the following arguments are required: (?P<flag>.*)", "{flag} is missing. Add it."),
    (r"unrecognized arguments: (?P<got>.*)", "This command does not know {got}. Remove it or correct its spelling."),
)
"""What argparse says, and what we say instead."""


class Parser(argparse.ArgumentParser):
    """argparse's parser with refusals for people; its subcommands are of the same kind."""

    def error(self, message: str) -> NoReturn:
        """Say in one sentence what is wrong, and where help is; exit code 2."""
        self.exit(2, f"{sentence_of(message)} `{self.prog} --help` shows all.\n")


def sentence_of(message: str) -> str:
    """Our sentence for one of argparse's; another one as it is."""
    for pattern, sentence in _SENTENCES:
        if (found := re.fullmatch(pattern, message, re.S)) is not None:
            parts = {name: _cut(text) if name == "got" else text for name, text in found.groupdict().items()}
            return sentence.format(**parts)
    return f"{message[:1].upper()}{message[1:]}."


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."
