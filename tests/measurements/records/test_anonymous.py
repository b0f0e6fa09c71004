"""Texts without names: of persons, machines, places and addresses."""

import pytest

from measurements.records import anonymous
from measurements.records.anonymous import all_without_names, names_of_this_machine, without_names

NAMES = ["Adas-MacBook-Pro", "ada"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No such file: /Users/ada/models/x.json", "No such file: a path"),
        ("No such file: '/Users/ada/my models/x.json'.", "No such file: a path."),
        (r"cannot open C:\Users\Ada\x.json", "cannot open a path"),
        (r"cannot open '\\server\share\Ada Lovelace\x'", "cannot open a path"),
        ("~/work/x is missing", "a path is missing"),
        ("host ADAS-MACBOOK-PRO is down", "host [name] is down"),
        ("ada's machine, not Canada's", "[name]'s machine, not Canada's"),
        ("postgresql://tco:pw@db.example.org:5432/tco refused", "an address refused"),
        ("from ada@example.org", "from an address"),
        ("connect to 192.168.1.17 or fe80::1:2:3:4", "connect to an address or an address"),
        ("decode 12.1 token/s and 3.5 GB/s at 512 tokens", "decode 12.1 token/s and 3.5 GB/s at 512 tokens"),
        ("mlx-lm 0.32.2, Python 3.11.7", "mlx-lm 0.32.2, Python 3.11.7"),
    ],
)
def test_names_go_and_the_rest_stays(text: str, expected: str) -> None:
    assert without_names(text, NAMES) == expected


def test_every_text_of_a_table_is_cleaned_and_numbers_stay() -> None:
    table = {"ada": [1, 2.5, None, True, ("ada", {"x": "/home/ada/y"})]}
    assert all_without_names(table, NAMES) == {"ada": [1, 2.5, None, True, ["[name]", {"x": "a path"}]]}


def test_names_of_this_machine_are_the_users_and_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anonymous.platform, "node", lambda: "Adas-Mac.local")
    monkeypatch.setattr(anonymous.getpass, "getuser", lambda: "ada")
    monkeypatch.setenv("HOME", "/Users/lovelace")
    monkeypatch.setenv("SUDO_USER", "byron")
    found = names_of_this_machine()
    assert {"Adas-Mac.local", "Adas-Mac", "ada", "lovelace", "byron"} <= set(found)
    assert "Users" not in found
    assert found.index("Adas-Mac.local") < found.index("Adas-Mac")


def test_machine_without_users_or_home_has_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    def nowhere() -> anonymous.Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(anonymous.platform, "node", lambda: "")
    monkeypatch.setattr(anonymous.getpass, "getuser", nobody)
    monkeypatch.setattr(anonymous.Path, "home", nowhere)
    for name in ("USER", "LOGNAME", "USERNAME", "COMPUTERNAME", "HOSTNAME", "SUDO_USER"):
        monkeypatch.delenv(name, raising=False)
    assert names_of_this_machine() == []


def test_product_keeps_its_words_whatever_a_person_is_called() -> None:
    report = {"host": {"chip": "m4-max", "chip_name": "Apple M4 Max"}, "said": "max has no rights here"}
    cleaned = all_without_names(report, ["max"])
    assert cleaned["host"] == report["host"]
    assert cleaned["said"] == "[name] has no rights here"
