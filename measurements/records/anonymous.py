"""Texts without the names of a person, a machine or a place: what may be sent to somebody else."""

import getpass
import os
import platform
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

SHORTEST_NAME = 3
PRODUCTS = frozenset(
    ("chip", "chip_name", "model", "model_name", "machine_model", "packages", "versions", "os", "os_version", "format")
)
"""Keys whose texts name a product and no person."""
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s'\"]+", re.I)
_MAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+\b")
_PATH = re.compile(r"(?<![\w.])(?:[A-Za-z]:|~)?(?:[\\/][^\s\\/'\":,;()\[\]]+)+[\\/]?")
_PATH_IN_QUOTES = re.compile(r"(['\"])(?:[A-Za-z]:|~)?[\\/].*?\1")
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}(?![\w:])", re.I)


def names_of_this_machine() -> list[str]:
    """Names of the person and of the machine that texts of this process could hold."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user, and no variable that names one
        user = ""
    found = [user, platform.node(), platform.node().split(".")[0], _home().name, _home().parent.name]
    found += [
        os.environ.get(name, "") for name in ("USER", "LOGNAME", "USERNAME", "COMPUTERNAME", "HOSTNAME", "SUDO_USER")
    ]
    ordinary = {"home", "Users", "root", "local", "localhost"}
    return sorted({name for name in found if len(name) >= SHORTEST_NAME} - ordinary, key=len, reverse=True)


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")


def without_names(text: str, names: Iterable[str]) -> str:
    """The text without addresses, paths and the given names.

    >>> without_names("cannot open '/Users/ada/my model/x.json' on Adas-Mac for ada", ["Adas-Mac", "ada"])
    'cannot open a path on [name] for [name]'
    >>> without_names("postgresql://tco:secret@db.example.org/x: no answer from 10.1.2.3", [])
    'an address no answer from an address'
    """
    found = _URL.sub("an address", text)
    found = _MAIL.sub("an address", found)
    found = _PATH_IN_QUOTES.sub("a path", found)
    found = _PATH.sub("a path", found)
    found = _ADDRESS.sub("an address", found)
    for name in names:
        found = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "[name]", found, flags=re.I)
    return found


def all_without_names(value: Any, names: Iterable[str]) -> Any:
    """The same for every text within lists and tables; keys, numbers and the rest stay.

    What names a product keeps its words: a person called Max is none of "Apple M4 Max".
    """
    known = tuple(names)
    if isinstance(value, str):
        return without_names(value, known)
    if isinstance(value, dict):
        return {
            key: all_without_names(one, () if key in PRODUCTS else known)
            for key, one in cast("dict[str, Any]", value).items()
        }
    if isinstance(value, list | tuple):
        return [all_without_names(one, known) for one in cast("list[Any]", value)]
    return value
