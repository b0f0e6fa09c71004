"""Inputs in words: what an input is called in a sentence, its value with its unit, and the sentences of a
switching value and of a price band."""

import re
from collections.abc import Mapping

from calculator.scenario.knob import Knob
from calculator.scenario.scenario import knobs
from calculator.units import digits

_FIGURES: dict[str, tuple[str, str]] = {
    "price_usd": ("price of {} before tax", "${:,.0f}"),
    "list_price_usd": ("list price of {}", "${:,.0f}"),
    "age_when_bought_years": ("age of {} when bought", "{:,.3g} years"),
    "embodied_kg": ("CO2e of making {}", "{:,.0f} kg"),
    "setup_h": ("setup of {}", "{:,.3g} h"),
    "prefill_speed_ratio": ("speed at which {} reads", "{:.2f} times the predicted one"),
    "decode_speed_ratio": ("speed at which {} writes", "{:.2f} times the predicted one"),
    "prefill_watt_ratio": ("power that {} draws while reading", "{:.2f} times the stated one"),
    "decode_watt_ratio": ("power that {} draws while writing", "{:.2f} times the stated one"),
    "idle_watt_ratio": ("power that {} draws at rest", "{:.2f} times the stated one"),
    "prefill_w": ("power that {} draws while reading", "{:,.0f} W"),
    "decode_w": ("power that {} draws while writing", "{:,.0f} W"),
    "idle_w": ("power that {} draws at rest", "{:,.0f} W"),
    "sleep_w": ("power that {} draws asleep", "{:,.0f} W"),
    "rate_usd_per_h": ("hourly rate of {}", "${:,.2f} an hour"),
    "billing_minutes": ("shortest time billed for {}", "{:,.3g} minutes"),
    "startup_minutes": ("start-up time of {}", "{:,.3g} minutes"),
    "storage_gb": ("storage of {}", "{:,.0f} GB"),
    "storage_usd_per_gb_month": ("storage price of {}", "${:,.3g} per GB a month"),
    "input_usd_per_mtok": ("price of input tokens of {}", "${:,.3g} per million"),
    "cached_input_usd_per_mtok": ("price of cached input tokens of {}", "${:,.3g} per million"),
    "cache_write_usd_per_mtok": ("price of input tokens that {} keeps", "${:,.3g} per million"),
    "output_usd_per_mtok": ("price of output tokens of {}", "${:,.3g} per million"),
    "price_ratio": ("token prices of {}", "{:.2f} times today's"),
    "gpu_price_fraction": ("share of the cards in the price of {}", "{:.0%} of the price"),
    "seat_usd_per_month": ("price of a seat of {}", "${:,.2f} a month"),
    "requests_per_window": ("requests that a seat of {} takes in a window", "{:,.0f} requests"),
}
_OWN_LABELS = {
    "built_failure_rate": "failures of a bought box",
    "self_built_failure_rate": "failures of a self-built PC",
}
"""Knobs whose label has a capital inside or is too short for a sentence."""
_HOST = "the hosted API"
_UNITS = {
    "%/year": "{} % a year",
    "%": "{} %",
    "h/year": "{} h a year",
    "$/h": "${} an hour",
    "$/kWh": "${} per kWh",
    "requests": "{}",
    "tokens": "{} tokens",
    "h": "{} h",
    "$": "${}",
    "$/month": "${} a month",
    "$/kW/month": "${} per kW a month",
    "days/year": "{} days a year",
    "tokens/s": "{} tokens a second",
}
_OWN_VALUES = {
    "resale_market_index": "{} times today's",
    "peak_factor_ratio": "{} times the mean hour",
    "answer_variation_ratio": "{} times the mean length",
    "cooling_cop_ratio": "{} kWh of heat per kWh",
    "pue_ratio": "{} times the machine's power",
    "peak_price_ratio": "{} times the normal price",
}
_PLACE = re.compile(r"\{[^}]*\}")
_WHOLE_WORDS = (("$", "USD "), ("per million", "per million tokens"))
_TIMES = {"h": "hours", "s": "seconds"}
_SHOWN_DIGITS = 9
_ALL_DIGITS = 15  # of a float that was typed
_KEPT_CAPITALS = 2  # PUE, COP: a label that begins with two capitals keeps them


def label(name: str, *, names: Mapping[str, str]) -> str:
    """An input as a sentence calls it; `names` are the options' names by id.

    >>> label("pc_administration_h_per_year", names={})
    'administration of a PC with GPUs'
    >>> label("box.price_usd", names={"box": "Threadripper box"})
    'price of Threadripper box before tax'
    """
    if name in _OWN_LABELS:
        return _OWN_LABELS[name]
    if (knob := knobs().get(name)) is not None:
        text = knob.label
        return text if text[:_KEPT_CAPITALS].isupper() else text[:1].lower() + text[1:]
    owner, _, figure = name.rpartition(".")
    pattern = _FIGURES[figure][0] if figure in _FIGURES else figure.replace("_", " ") + " of {}"
    return pattern.format(names.get(owner, _HOST))


def value(name: str, amount: float) -> str:
    """A value with its unit, as many digits as a person needs.

    >>> value("pc_administration_h_per_year", 3.0), value("discount_rate", 0.115), value("box.price_usd", 9512.4)
    ('3 h a year', '11.5 % a year', '$9,512')
    """
    if (knob := knobs().get(name)) is not None:
        return _pattern(knob).format(_digits(amount * knob.shown))
    figure = name.rpartition(".")[2]
    return _FIGURES[figure][1].format(_Figure(amount)) if figure in _FIGURES else _digits(amount)


def whole_value(name: str, amount: float) -> str:
    """A knob's value with its unit and with every digit that was typed.

    >>> whole_value("wage_usd_per_h", 95.37), whole_value("retrieved_tokens", 12345), whole_value("tax_rate", 0.29)
    ('$95.37 an hour', '12,345 tokens', '29 %')
    """
    knob = knobs()[name]
    shown = in_unit(amount, ("", knob.shown))
    return _pattern(knob).format(digits(shown, _ALL_DIGITS))


class _Figure(float):
    """A number that a pattern's `g` writes without an exponent."""

    def __format__(self, spec: str) -> str:
        count = int(spec.strip(",.g") or 6) if spec.endswith("g") else 0
        return digits(float(self), count) if count else super().__format__(spec)


def _pattern(knob: Knob) -> str:
    return _OWN_VALUES.get(knob.name) or _UNITS.get(knob.unit, f"{{}} {knob.unit}".rstrip())


Unit = tuple[str, float]
"""Words of a unit, and the factor by which a number is shown in it: 100 where a share is in percent."""


def unit(name: str) -> Unit:
    """The unit for a column of its own, and the factor that turns the input's number into one of that unit.

    >>> unit("discount_rate"), unit("wage_usd_per_h"), unit("box.price_usd")
    (('% a year', 100), ('USD an hour', 1), ('USD', 1))
    >>> unit("requests_per_working_day"), unit("host.output_usd_per_mtok"), unit("box.idle_watt_ratio")
    (('requests', 1), ('USD per million tokens', 1), ('times the stated one', 1))
    """
    if (knob := knobs().get(name)) is not None:
        return _unit_of(_pattern(knob)) or knob.unit, knob.shown
    pattern = _FIGURES.get(name.rpartition(".")[2], ("", ""))[1]
    return _unit_of(pattern), 100 if "%}" in pattern else 1


def in_unit(amount: float, shown: Unit) -> float:
    """The input's number in this unit; 0.29 x 100 is 29, not 28.999999999999996.

    >>> in_unit(0.29, ("% a year", 100)), in_unit(1 / 3, ("USD", 1))
    (29.0, 0.3333333333333333)
    """
    return amount if shown[1] == 1 else round(amount * shown[1], _SHOWN_DIGITS)


def _unit_of(pattern: str) -> str:
    """The words of a pattern around its number: '% of the price' of '{:.0%} of the price', 'USD' of '${:,.0f}'."""
    words = _PLACE.sub(lambda found: "%" if "%" in found[0] else "", pattern)
    for short, whole in _WHOLE_WORDS:
        words = words.replace(short, whole)
    first, *rest = words.split() or [""]
    return " ".join((_TIMES.get(first, first), *rest))


def flip(name: str, *, now: float, at: float, names: Mapping[str, str]) -> str:
    """One switching value: 'administration of a PC with GPUs below 3 h a year (now 15)'."""
    side = "below" if at < now else "above"
    return f"{label(name, names=names)} {side} {value(name, at)} (now {value(name, now)})"


def end(name: str, *, at: float, names: Mapping[str, str]) -> str:
    """An input at an end of its range: 'administration of a Mac at 20 h a year'."""
    return f"{label(name, names=names)} at {value(name, at)}"


def price_band(
    name: str, *, now: float, low: float | None, high: float | None, wins: tuple[str, str], names: Mapping[str, str]
) -> str:
    """Between which values of a price a pair is too close to call, and which of the two wins below and above (`wins`).

    One end may be missing: 'Price of Box before tax (now $9,600): from $14,300 the other is clearly cheaper; below that the two are
    too close to call.'
    """
    text = label(name, names=names)
    up_to, above = ("" if usd is None else value(name, usd) for usd in (low, high))
    if low is None:
        said = f"from {above} {wins[1]} is clearly cheaper; below that the two are too close to call"
    elif high is None:
        said = f"up to {up_to} {wins[0]} is clearly cheaper; above that the two are too close to call"
    else:
        said = (
            f"up to {up_to} {wins[0]} is clearly cheaper, from {above} {wins[1]} is; in between the two are too close "
            "to call"
        )
    return f"{text[:1].upper()}{text[1:]} (now {value(name, now)}): {said}."


def _digits(amount: float) -> str:
    """Three digits, whole from 100 on; never 1e+03.

    >>> _digits(1234.5), _digits(12.345), _digits(0.13456), _digits(3.0)
    ('1,234', '12.3', '0.135', '3')
    """
    return digits(amount, 3)


def shared_machine(name: str, share: float) -> str:
    """How a machine that was bought anyway and does other work too is counted."""
    return (
        f"{name}: it was bought anyway, so only what this work adds counts: energy above idling and {share:.0%} of its "
        "care and repairs. Its price, resale, setup, insurance, space and idling are left out. Other work on it gets "
        "slower while it answers; that has no price here."
    )
