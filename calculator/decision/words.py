"""Sentences of the verdict, of break-even and of a comparison's remarks."""

from collections.abc import Sequence

from calculator.scenario.question import ANOTHER_SIZE
from calculator.units import MONTHS_PER_YEAR

_LEAST_SHARE = 0.005


def convention_sentence(convention: str, *, months: int) -> str:
    """How present values, ranges and people's time are counted."""
    return (
        f"Present value over {months} months. {convention} Ranges run from the 10th to the 90th percentile; people's "
        "time counts at the hourly rate."
    )


def nothing_fits(model_name: str, *, weight_class: str, only_hosted: bool) -> tuple[str, str]:
    """Sentence and advice where no option can do the work."""
    sentence = f"None of the options can serve {model_name} at {weight_class}."
    if only_hosted:
        advice = (
            "No host with a known price offers it. Choose another model, or add a machine of your own or a rented one."
        )
        return sentence, advice
    return sentence, "Choose a smaller model, fewer bits, or another machine."


def only_one(name: str, usd: float, *, months: int, out: Sequence[str], model_name: str) -> str:
    """The verdict where one option alone can do the work."""
    rest = "it is the only option compared"
    if out:
        rest = f"{'the other cannot' if len(out) == 1 else 'the others cannot'} serve {model_name}"
    return f"{name} costs {cost(usd)} in present value over {months} months; {rest}."


def cheapest(name: str, usd: float, *, months: int, difference_usd: float, second: str) -> str:
    """The verdict where one option is clearly the cheapest."""
    return (
        f"Cheapest: {name}, {cost(usd)} in present value over {months} months, "
        f"{_less_than(difference_usd, 'the runner-up')}, {second}."
    )


def too_close(first: tuple[str, float], second: tuple[str, float], *, months: int) -> str:
    """The verdict where the difference may have either sign; each option by name and present value."""
    return (
        f"Too close to call over {months} months: {first[0]} costs {cost(first[1])} in present value, "
        f"{second[0]} {cost(second[1])}."
    )


def gap(low_usd: float, high_usd: float) -> str:
    """The range of a difference."""
    return f"In 8 of 10 cases the gap is between {signed(low_usd)} and {signed(high_usd)}."


def gap_too_close(name: str, difference_usd: float, *, low_usd: float, high_usd: float) -> str:
    """The range of a difference that may have either sign, or whose sign the draws contradict."""
    if high_usd < 0:
        return (
            f"At the central values {name} costs {_at_least_a_dollar(difference_usd)} less, but that does not hold across the "
            f"ranges: in 8 of 10 cases it costs {signed(-high_usd)} to {signed(-low_usd)} more."
        )
    return (
        f"The gap is {signed(difference_usd)}; in 8 of 10 cases it is between {signed(low_usd)} and {signed(high_usd)}."
    )


def how_often(name: str, chance: float, *, is_sure: bool) -> str:
    """In how many cases an option is the cheapest."""
    stays = "It stays the cheapest" if is_sure else f"{name} is the cheapest"
    return f"{stays} in {share(chance)} of cases when prices, hours and speeds vary within their ranges."


def in_house(name: str, usd: float, *, more_usd_per_month: float) -> str:
    """What keeping the data on a machine of one's own costs, level per month."""
    return (
        f"Keeping data in-house costs about {signed(more_usd_per_month)} a month more; the cheapest on-premises option "
        f"is {name} ({cost(usd)})."
    )


def without_people(name: str, usd: float, *, difference_usd: float, second: str, is_the_same: bool) -> str:
    """The answer in invoices alone."""
    still = "is still the cheapest" if is_the_same else "would be the cheapest"
    amounts = f"{cost(usd)} in present value, {_less_than(difference_usd, second)}"
    return f"Without people's time {name} {still}: {amounts}."


def does_not_fit(names: Sequence[str]) -> str:
    """Which options the model does not fit; empty where it fits all of them."""
    return f"Does not fit: {', '.join(names)}." if names else ""


def cheaper_from(own: str, other: str, *, month: float, by_resale: bool) -> str:
    """From which month a purchase has cost less."""
    years = f" ({month / MONTHS_PER_YEAR:.1f} years)" if month > MONTHS_PER_YEAR else ""
    only = ", and only because of its resale" if by_resale else ""
    return f"{own} is cheaper than {other} from month {month:.0f}{years}{only}."


def never_cheaper(own: str, other: str, *, own_usd: float, other_usd: float, months: int, short_usd: float) -> str:
    """Why a purchase never has cost less: dollars of the first month, and what is missing at the end."""
    if signed(own_usd) == signed(other_usd):
        return (
            f"{own} never catches up with {other}: running it costs about as much in the first month "
            f"({signed(own_usd)}), so its price is never earned back."
        )
    if own_usd > other_usd:
        return (
            f"{own} never catches up with {other}: running it costs {signed(own_usd)} in the first month, "
            f"{other} {signed(other_usd)}."
        )
    return (
        f"{own} never catches up with {other} within {months} months: it saves {signed(other_usd - own_usd)} in the "
        f"first month, too little for its price. It ends {_at_least_a_dollar(short_usd)} short, resale included."
    )


def watts_contradict(name: str, *, idle_w: float, busy_w: float) -> str:
    """A person's idle watts above the watts at work."""
    return (
        f"{name}: your idle power ({idle_w:,.0f} W) is higher than your active power ({busy_w:,.0f} W), so serving "
        "would appear to save energy. Please check both values."
    )


def no_host(model: str, *, offer: str) -> str:
    """A hosted option without a price for the model."""
    if model == ANOTHER_SIZE:
        return f"No host offers a model of another size, so {offer} is left out. Name a model to compare it."
    advice = "Choose another model or enter your own API price."
    return f"We have no hosted price for {model}, so {offer} is left out. {advice}"


def no_reference_price() -> str:
    """A model of another size, which no host offers."""
    return "No host offers a model of another size, so what a machine cannot serve has no API price."


def already_owned(name: str, usd: float) -> str:
    """How a machine that is there already is counted."""
    return (
        f"{name}: you already own it, so it counts at today's resale value ({signed(usd)} after fees); what you "
        "originally paid is a sunk cost."
    )


def range_beside_value(name: str, *, value: float, middle: float) -> str:
    """A person's value that is not the middle of the person's range."""
    return (
        f"{name} is {value:g}, but the middle of its range is {middle:g}. Totals use the value, their ranges use the "
        "range. Enter only one of them."
    )


def share(chance: float) -> str:
    """A probability that never says 100 % or 0 % where it is not."""
    if 0 < chance < _LEAST_SHARE or 1 - _LEAST_SHARE < chance < 1:
        return "less than 1%" if chance < _LEAST_SHARE else "more than 99%"
    return f"{chance:.0%}"


def signed(usd: float) -> str:
    """Dollars with the sign before the dollar."""
    return f"-${-usd:,.0f}" if round(usd) < 0 else f"${abs(usd):,.0f}"


def _less_than(difference_usd: float, other: str) -> str:
    """How much less than the other, or that both are the same to the dollar."""
    if round(difference_usd) < 1:
        return f"the same to the dollar as {other}"
    return f"{signed(difference_usd)} less than {other}"


def _at_least_a_dollar(usd: float) -> str:
    """A difference that may round to nothing."""
    return "less than a dollar" if 0 <= round(usd) < 1 else signed(usd)


def cost(usd: float) -> str:
    """A cost, and what it means where it is a gain."""
    return f"{signed(usd)} (it brings in more than it costs)" if round(usd) < 0 else signed(usd)
