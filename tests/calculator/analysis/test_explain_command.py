"""`explain` on the command line: the arithmetic of a line, and what it says of one it does not know."""

import pytest

from calculator.__main__ import main


def test_explanation_of_an_unknown_line_names_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "mac-studio-m5-ultra-256", "enery"]) == 2
    assert "energy idle" in capsys.readouterr().err
    assert main(["explain", "no-such-machine", "resale"]) == 2
    assert main(["explain", "mac-studio-m5-ultra-256", "resale"]) == 0
    assert "(kept after 36 months)^(months held / 36)" in capsys.readouterr().out
