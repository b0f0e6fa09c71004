"""Terms of FOCUS: services by hand, and every unit of the ledger has one in the specification's format."""

import re

import pytest

from calculator.finance.ledger import Line
from calculator.report.focus_terms import TAXES, UNITS, frequency_of, service_of


@pytest.mark.parametrize(
    ("name", "service", "category", "provider"),
    [
        ("hardware", "Own hardware", "Compute", "Hardware supplier"),
        ("further resale", "Own hardware", "Compute", "Hardware supplier"),
        ("energy idle", "Electricity", "Other", "Electricity supplier"),
        ("rental", "GPU rental", "Compute", "H100"),
        ("storage", "Storage", "Storage", "H100"),
        ("output tokens", "Hosted model API", "AI and Machine Learning", "Some host"),
        ("overflow to API", "Hosted model API", "AI and Machine Learning", "Some host"),
        ("further administration", "Staff time", "Management and Governance", "Own staff"),
        ("seats", "Subscription", "AI and Machine Learning", "H100"),
        ("excess at token prices", "Hosted model API", "AI and Machine Learning", "Some host"),
        ("cloud-h100: energy idle", "Electricity", "Other", "Electricity supplier"),
        ("software", "Software", "Management and Governance", "Software supplier"),
        ("downtime", "Lost work", "Other", "Own staff"),
    ],
)
def test_service_by_hand(name: str, service: str, category: str, provider: str) -> None:
    found = service_of(Line(name, "hard", ()), "H100", host="Some host")
    assert (found.name, found.category, found.provider) == (service, category, provider)


def test_income_tax_is_the_authoritys() -> None:
    assert service_of(Line("tax on sale", "hard", (), kind="tax"), "H100", host="").provider == TAXES


@pytest.mark.parametrize(
    ("name", "is_once", "frequency"),
    [
        ("hardware", True, "One-Time"),
        ("administration", False, "Recurring"),
        ("energy idle", False, "Usage-Based"),
        ("further rental", False, "Usage-Based"),
    ],
)
def test_frequency_by_hand(name: str, is_once: bool, frequency: str) -> None:
    assert frequency_of(Line(name, "hard", ()), is_once=is_once) == frequency


def test_units_have_the_specifications_format() -> None:
    assert all(re.fullmatch(r"(\d+ )?[A-Z][A-Za-z]*(-[A-Z][a-z]+)?", unit) for unit in UNITS.values())
