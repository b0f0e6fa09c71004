"""Sentences of the verdicts and of break-even."""

from collections.abc import Sequence

from calculator.scenario.question import ANOTHER_SIZE
from calculator.units import MONTHS_PER_YEAR, counted, digits

_LEAST_SHARE = 0.005
_WHOLE_SHARE = 0.1


def convention_sentence(convention: str, *, months: int, is_cash: bool) -> str:
    """How amounts, ranges and people's time are counted; `convention`: how present values are discounted."""
    money = (
        f"Cash is the plain sum of what is paid over {counted(months, 'month')}; nothing is discounted."
        if is_cash
        else f"Today's money is the present value over {counted(months, 'month')}. {convention}"
    )
    return (
        f"{money} Amounts are the base case; ranges run from the 10th to the 90th percentile of the futures; staff "
        "hours count at the hourly rate."
    )


def span(months: int, *, is_cash: bool) -> str:
    """The time and the money of a verdict: '36 months in today's money'."""
    money = "cash" if is_cash else "today's money"
    return f"{counted(months, 'month')} in {money}"


def option_name(name: str, *, machine_count: int | None) -> str:
    """An option with its number of machines where there are several or none: '2 x Mac Studio M5 Ultra 96 GB'."""
    if machine_count is None or machine_count == 1:
        return name
    if machine_count == 0:
        return f"API alone (no {name})"
    return f"{machine_count} x ({name})" if name[:1].isdigit() else f"{machine_count} x {name}"


def cheapest(name: str, usd: float, *, span: str, difference_usd: float, second: str) -> str:
    """The verdict over all options where one is clearly the cheapest."""
    return f"Cheapest: {name}, {cost(usd)} over {span}, {dollars(difference_usd)} less than {second}."


def cheaper_kind(name: str, usd: float, *, span: str, difference_usd: float, second: tuple[str, float]) -> str:
    """The verdict of Mac or PC where one is clearly cheaper; the other by name and present value."""
    return (
        f"Mac or PC: {name} costs {dollars(difference_usd)} less than {second[0]}, {cost(usd)} against "
        f"{cost(second[1])} over {span}."
    )


def too_close(first: tuple[str, float], second: tuple[str, float], *, span: str) -> str:
    """The verdict where the difference may have either sign; each option by name and present value."""
    return f"Too close to call: {first[0]} costs {cost(first[1])}, {second[0]} {cost(second[1])} over {span}."


def only_one(name: str, usd: float, *, span: str, is_alone: bool) -> str:
    """The verdict where one option alone can do the job; `is_alone`: nothing else was compared."""
    opening = f"{name} is the only option compared" if is_alone else f"Only {name} can do the job"
    return f"{opening}: {cost(usd)} over {span}."


def on_claims(sentence: str) -> str:
    """A verdict that rests on the article's figures, said so."""
    return f"{sentence.removesuffix('.')}, on the article's own figures."


def none_can(count: int, *, name: str, reason: str) -> str:
    """The verdict where nothing can do the job; the nearest option and what it misses."""
    openings = {1: "The only option compared cannot do the job.", 2: "Neither option can do the job."}
    opening = openings.get(count, f"None of the {count} options can do the job.")
    return f"{opening} {'It is' if count == 1 else 'Nearest is'} {name}: {_lower(reason)}"


def kind_fails(kind: str, *, name: str, reason: str) -> str:
    """Why no option of one kind can do the job, by its nearest one."""
    return f"No {kind} in this comparison can do the job. {name}: {_lower(reason)}"


def best_of_kind(kind: str, *, name: str, usd: float, span: str) -> str:
    """The option that is left where the other kind has none."""
    return f"The cheapest {kind} that can is {name}, {cost(usd)} over {span}."


def mend(text: str, *, name: str = "") -> str:
    """What would make an option able to do the job; `name` where several are told in a row."""
    return f"What would change that{f' for the {name}' if name else ''}: {_lower(text)}" if text else ""


def gap(low_usd: float, high_usd: float) -> str:
    """The range of a difference."""
    return f"In 8 of 10 futures the gap is between {signed(low_usd)} and {signed(high_usd)}."


def gap_too_close(name: str, difference_usd: float, *, low_usd: float, high_usd: float) -> str:
    """The range of a difference that may have either sign, or whose sign the draws contradict."""
    if high_usd < 0:
        return (
            f"In the base case {name} costs {dollars(difference_usd)} less, but in 8 of 10 futures it costs "
            f"{signed(-high_usd)} to {signed(-low_usd)} more."
        )
    return (
        f"In the base case {name} costs {dollars(difference_usd)} less; in 8 of 10 futures the gap is between "
        f"{signed(low_usd)} and {signed(high_usd)}."
    )


def how_often(name: str, chance: float, *, is_sure: bool, is_pair: bool = False) -> str:
    """In how many futures an option is the cheapest, or of a pair the cheaper one."""
    word = "cheaper one" if is_pair else "cheapest"
    opening = f"It stays the {word}" if is_sure else f"{name} is the {word}"
    return f"{opening} in {of_100(chance)} when prices, hours and speeds vary within their ranges."


def middle_differs(name: str, *, middle_usd: float, base_usd: float, reason: str) -> str:
    """The middle of an option's futures where it lies away from the base case, and the input that does it."""
    why = f", mostly because of the long tail of one input: {reason}" if reason else ""
    return f"In the median future {name} costs {signed(middle_usd)}, not {signed(base_usd)}{why}."


def middle_gap(*, middle_usd: float, base_usd: float, second: str) -> str:
    """The middle of the difference's futures where it lies away from the base case."""
    return f"In the median future {second} costs {signed(middle_usd)} more, not {signed(base_usd)}."


def in_house(name: str, other: str, *, span: str, more_usd: float, more_usd_per_month: float, rate: float) -> str:
    """What keeping everything on machines of one's own costs more than the cheapest: in all, and level per month.

    rate: the discount rate a year that the level payments bear; 0 where amounts are cash.
    """
    how = f"In equal monthly payments at {digits(100 * rate, 4)} % a year that" if rate else "That"
    return (
        f"Keeping your data in house costs {dollars(more_usd)} more over {span}: {name} instead of {other}. "
        f"{how} is {dollars(more_usd_per_month)} a month."
    )


def no_own_compared() -> str:
    """Why there is no price of keeping it in house: nothing of one's own was compared."""
    return "No machine of your own is compared, so nothing keeps your data in house."


def own_cannot(name: str, *, reason: str, most: int) -> str:
    """Why no machine of one's own keeps everything in house: none can do the job; the nearest and its reason."""
    return f"No machine of your own can do the job with up to {most} machines. {name}: {_lower(reason)}"


def own_buys(name: str, *, leaves_fraction: float) -> str:
    """Why no machine of one's own keeps everything in house: each sends a part of the work out."""
    return (
        f"No machine of your own that can do the job serves all of it: {name} sends {percent(leaves_fraction)} of the "
        "work to an API."
    )


def bought(fraction: float) -> str:
    """How much of the work the cheapest option buys from an API."""
    return f"It buys {percent(fraction)} of its tokens from an API."


def formats_differ(first: tuple[str, str], second: tuple[str, str], *, loss: str) -> str:
    """Two options of a verdict that run different weights, by name and class, and the published loss of quality."""
    known = loss or "No published loss of quality between the two is known."
    return f"{first[0]} runs the model at {first[1]}, {second[0]} at {second[1]}. {known}"


def without_people(
    first: tuple[str, float], second: tuple[str, float], *, is_the_same: bool, chance: float | None, is_pair: bool
) -> str:
    """The answer in invoices alone, where it is clear; each option by name and present value."""
    word = "cheaper" if is_pair else "the cheapest"
    still = f"is still {word}" if is_the_same else f"would be {word}"
    odds = "" if chance is None else f" in {of_100(chance)}"
    return (
        f"Counting only invoices, not staff hours, {first[0]} {still}{odds}: {cost(first[1])} against "
        f"{cost(second[1])} for {second[0]}."
    )


def without_people_too_close(
    first: tuple[str, float], second: tuple[str, float], *, low_usd: float, high_usd: float
) -> str:
    """The answer in invoices alone, where the difference may have either sign."""
    return (
        f"Counting only invoices, not staff hours, it is too close to call: {first[0]} costs {cost(first[1])}, "
        f"{second[0]} {cost(second[1])}; in 8 of 10 futures the gap is between {signed(low_usd)} and {signed(high_usd)}."
    )


def without_people_alone(usd: float) -> str:
    """The only option in invoices alone."""
    return f"Counting only invoices, not staff hours, it costs {cost(usd)}."


def cannot(names: Sequence[str]) -> str:
    """Which options are not ranked; empty where all are."""
    if not names:
        return ""
    return f"Not ranked, because {'it' if len(names) == 1 else 'they'} cannot do the job: {', '.join(names)}."


def flips(turns: Sequence[str], *, name: str) -> str:
    """What turns the answer, where single inputs do within their ranges."""
    if len(turns) == 1:
        return f"{name} would be cheaper with one change: {turns[0]}."
    return f"{name} would be cheaper with any one of these: {'; '.join(turns)}."


def no_flip(*, together: Sequence[str], price: str, name: str) -> str:
    """What turns the answer where no single input does within its range: two inputs together, or a price beyond it."""
    parts = [f"No single input makes {name} cheaper within its range."]
    if together:
        parts.append(f"Two together do: {' and '.join(together)}.")
    if price:
        parts.append(f"Beyond its range, one would: {price}.")
    elif not together:
        parts.append("Nor do any two of the five that matter most, nor a price three times higher or lower.")
    return " ".join(parts)


def old_price(noun: str, name: str, *, as_of: str, age_days: int, turns_to: str) -> str:
    """A price beyond twice its shelf life, and whether the answer survives its range; `turns_to`: who wins at its
    end."""
    months = age_days / (365.25 / MONTHS_PER_YEAR)
    age = counted(age_days, "day") if months < 2 else counted(round(months), "month")
    holds = (
        f"at one end of its range {turns_to} would be cheaper."
        if turns_to
        else "the cheaper option stays cheaper across its range."
    )
    return f"This rests on the {noun} of {name} from {as_of}, {age} old: {holds}"


def late_machine(name: str, *, month: int, usd: float, bought_usd: float) -> str:
    """A machine that growth needs only late: its month, its price, and what buying that rest would cost instead."""
    return (
        f"{name}: growth needs one more machine in month {month}, for {signed(usd)}. Buying what the others cannot "
        f"serve from an API instead would cost {signed(bought_usd)}."
    )


def cheaper_from(own: str, other: str, *, month: float, by_resale: bool) -> str:
    """From which month a purchase has cost less."""
    years = f" ({month / MONTHS_PER_YEAR:.1f} years)" if month > MONTHS_PER_YEAR else ""
    only = ", and only because of its resale" if by_resale else ""
    return f"{own} is cheaper than {other} from month {month:.0f}{years}{only}."


def cheaper_at_once(own: str, other: str) -> str:
    """A purchase that has cost less all along."""
    return f"{own} is cheaper than {other} from the first month."


def never_cheaper(own: str, other: str, *, own_usd: float, other_usd: float, months: int, short_usd: float) -> str:
    """Why a purchase never has cost less: dollars of the first month, and what is missing at the end."""
    if own_usd >= other_usd:
        own_text, other_text = _apart(own_usd, other_usd)
        return f"{own} never catches up with {other}: running it costs {own_text} in the first month, {other} {other_text}."
    return (
        f"{own} never catches up with {other} within {counted(months, 'month')}: it saves {dollars(other_usd - own_usd)} in the "
        f"first month, too little for its price. It ends {dollars(short_usd)} short, resale included."
    )


def watts_contradict(name: str, *, idle_w: float, busy_w: float) -> str:
    """Idle watts of the scenario, a person's or the article's, above the watts at work."""
    return (
        f"{name}: the idle power ({idle_w:,.0f} W) is higher than the active power ({busy_w:,.0f} W), so serving would "
        "appear to save energy. Please check both values."
    )


def no_host(model: str, *, offer: str) -> str:
    """A hosted option without a price for the model."""
    if model == ANOTHER_SIZE:
        return f"No host offers a model of another size, so {offer} is left out. Name a model to compare it."
    advice = "Choose another model or enter your own API price."
    return f"We have no hosted price for {model}, so {offer} is left out. {advice}"


def of_100(chance: float) -> str:
    """A share of the futures: '96 of 100 futures'; never none or all where it is neither."""
    if 0 < chance <= _LEAST_SHARE:
        return "fewer than 1 of 100 futures"
    if 1 - _LEAST_SHARE <= chance < 1:
        return "more than 99 of 100 futures"
    return f"{chance * 100:.0f} of 100 futures"


def percent(fraction: float) -> str:
    """A share in percent that never says 0 % or 100 % where it is neither."""
    if 0 < fraction < _LEAST_SHARE / 5:
        return "less than 0.1 %"
    if 1 - _LEAST_SHARE / 5 < fraction < 1:
        return "more than 99.9 %"
    digits = 0 if (fraction >= _WHOLE_SHARE and fraction < 1 - _LEAST_SHARE) or fraction in (0.0, 1.0) else 1
    return f"{fraction * 100:.{digits}f} %"


def signed(usd: float) -> str:
    """Dollars with the sign before the dollar."""
    return f"-${-usd:,.0f}" if round(usd) < 0 else f"${abs(usd):,.0f}"


def dollars(usd: float) -> str:
    """A difference that is not 0: never '$0', but 'less than $1'."""
    return "less than $1" if 0 < usd <= 0.5 else signed(usd)


def cost(usd: float) -> str:
    """A cost, and what it means where it is a gain."""
    return f"{signed(usd)} (it brings in more than it costs)" if round(usd) < 0 else signed(usd)


def _apart(first_usd: float, second_usd: float) -> tuple[str, str]:
    """Two amounts that differ, with cents where whole dollars look the same."""
    whole = signed(first_usd), signed(second_usd)
    if whole[0] != whole[1] or first_usd == second_usd:
        return whole
    return f"${first_usd:,.2f}", f"${second_usd:,.2f}"


def _lower(sentence: str) -> str:
    """A sentence after a colon; a name or an abbreviation keeps its capital."""
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() or sentence[1:2] == " " else sentence
