"""Terms of FOCUS 1.2: units of measure, and the service, its category and its provider behind each line."""

from dataclasses import dataclass

from calculator.finance.ledger import Line

UNITS = {
    "machine": "Units",
    "h": "Hours",
    "kWh": "Kilowatt-Hours",
    "Mtok": "1000000 Tokens",
    "GB": "GB-Months",
    "kW": "Kilowatts",
    "month": "Months",
    "seat": "Seats",
}
"""Our units in the specification's unit format."""
TAXES = "Tax authority"
_STAFF = ("setup", "administration")
_ELECTRIC = ("energy ", "cooling", "demand charge")


@dataclass(frozen=True, slots=True)
class Service:
    """What is paid for, its category and subcategory among the specification's, and who bills it."""

    name: str
    category: str
    subcategory: str
    provider: str


def service_of(line: Line, option: str, *, host: str) -> Service:
    """The service behind a line of the ledger. option: its full name. host: who sells the tokens.

    Who sells a machine or electricity is not part of the question, so their providers are named by what they are.
    """
    name = line.name.rpartition(": ")[2].removeprefix("further ")  # of a routed option, the part stands before it
    if line.kind == "tax":
        return Service("Income tax", "Other", "Other (Other)", TAXES)
    if name.endswith(" tokens") or name in ("overflow to API", "excess at token prices"):
        return Service("Hosted model API", "AI and Machine Learning", "Generative AI", host or option)
    if name == "seats":
        return Service("Subscription", "AI and Machine Learning", "Generative AI", option)
    if name in _STAFF:
        return Service("Staff time", "Management and Governance", "Support", "Own staff")
    if name.startswith(_ELECTRIC):
        return Service("Electricity", "Other", "Other (Other)", "Electricity supplier")
    if name == "storage":
        return Service("Storage", "Storage", "Other (Storage)", option)
    if name in ("rental", "warm rental", "cold starts", "reservation"):
        return Service("GPU rental", "Compute", "Other (Compute)", option)
    if name == "software":
        return Service(
            "Software", "Management and Governance", "Other (Management and Governance)", "Software supplier"
        )
    if name == "downtime":
        return Service("Lost work", "Other", "Other (Other)", "Own staff")
    return Service("Own hardware", "Compute", "Other (Compute)", "Hardware supplier")


def frequency_of(line: Line, *, is_once: bool) -> str:
    """How often a line is charged: once, every month alike, or by what is used."""
    name = line.name.rpartition(": ")[2].removeprefix("further ")
    if is_once:
        return "One-Time"
    used = name.startswith(_ELECTRIC) or name.endswith(" tokens") or name in _BY_USE
    return "Usage-Based" if used else "Recurring"


_BY_USE = ("overflow to API", "excess at token prices", "rental", "warm rental", "cold starts", "downtime")
