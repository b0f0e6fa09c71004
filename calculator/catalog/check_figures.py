"""Plausibility of the hand-edited figures, checked by physics and arithmetic at every load.

    bandwidth (GB/s) = bus width (bit) x pin rate (Gbit/s) / 8                                   within 1 %
    dense 16-bit rate (TFLOPS) = tensor cores x boost (GHz) x FLOP per clock / 1000, half of it
        where 32-bit accumulation halves the rate                                                within 2 % of low..high
    idle < decode, idle < prefill, and no load above the maker's maximum x 1.1
    0 < price; a cached token costs no more than a fresh one

Specifications differ in rounding (1,008 against 1,010 GB/s), hence the tolerances; a factor of two, as sparse rates and
doubled memory clocks give it, does not pass.
"""

from collections.abc import Iterator, Mapping

from calculator.catalog.options import ApiQuote, Chip, CloudOffer, Machine
from calculator.evidence import Quantity
from calculator.units import BITS_PER_BYTE, plain_number

BANDWIDTH_TOLERANCE = 0.01
MATRIX_TOLERANCE = 0.02
LOAD_ABOVE_MAXIMUM = 1.1
GFLOP_PER_TFLOP = 1_000


def chip_contradictions(chip: Chip) -> Iterator[str]:
    """What in chips/<id>.toml contradicts the chip's own geometry, each with key and repair."""
    geometry = chip.geometry
    if geometry is None:
        return
    computed = geometry.bus_width_bits * geometry.pin_rate_gbit_per_s / BITS_PER_BYTE
    stated = chip.bandwidth_gb_per_s.central
    if abs(stated / computed - 1) > BANDWIDTH_TOLERANCE:
        yield (
            f"bandwidth_gb_per_s is {plain_number(stated)}, but {geometry.bus_width_bits} bit x "
            f"{plain_number(geometry.pin_rate_gbit_per_s)} Gbit/s / 8 = {plain_number(computed)} GB/s. Correct the "
            "bandwidth or the geometry."
        )
    rate = matrix_tflops_of_geometry(chip)
    if rate is not None and chip.matrix_tflops is not None:
        low, high = chip.matrix_tflops.low * (1 - MATRIX_TOLERANCE), chip.matrix_tflops.high * (1 + MATRIX_TOLERANCE)
        if not low <= rate <= high:
            yield (
                f"matrix_tflops is {plain_number(chip.matrix_tflops.central)}, but its tensor cores and clock give "
                f"{rate:.1f}. Is it the sparse rate, or with 16-bit accumulation? Enter the dense rate with 32-bit "
                "accumulation."
            )


def matrix_tflops_of_geometry(chip: Chip) -> float | None:
    """Dense 16-bit rate with 32-bit accumulation by tensor cores and boost clock; None where they are unknown."""
    shape = chip.geometry
    if (
        shape is None
        or shape.boost_ghz is None
        or shape.tensor_flop_per_clock is None
        or chip.tensor_core_count is None
    ):
        return None
    full = chip.tensor_core_count * shape.boost_ghz * shape.tensor_flop_per_clock / GFLOP_PER_TFLOP
    return full / 2 if shape.fp32_accumulate == "half" else full


def machine_contradictions(machine: Machine, *, chips: Mapping[str, Chip]) -> Iterator[str]:
    """What in machines/<id>.toml cannot be: watts out of order, memory the chip never had, a price of 0."""
    power = machine.power
    for state, watts in (("prefill_w", power.prefill_w), ("decode_w", power.decode_w)):
        yield from _load_contradictions(state, watts, power.idle_w)
        if power.max_w is not None and watts.high > power.max_w.high * LOAD_ABOVE_MAXIMUM:
            yield (
                f"power.{state}: high is {plain_number(watts.high)} W, above the maker's maximum of "
                f"{plain_number(power.max_w.high)} W by more than 10 %. Was another scope metered?"
            )
    for index, price in enumerate(machine.prices):
        yield from _nothing(f"prices[{index}].price_usd", price.price_usd)
    yield from _memory_contradictions(machine, chips)
    if machine.bought == "used" and machine.age_when_bought_years is None:
        yield "age_when_bought_years is missing, but bought is 'used'. Add the age, or set bought = \"new\"."


def rental_contradictions(offer: CloudOffer, *, chips: Mapping[str, Chip]) -> Iterator[str]:
    """What in cloud/<id>.toml cannot be."""
    for index, rate in enumerate(offer.rates):
        yield from _nothing(f"rates[{index}].rate_usd_per_h", rate.rate_usd_per_h)
    yield from _memory_contradictions(offer, chips)


def quote_contradictions(quote: ApiQuote) -> Iterator[str]:
    """What in a row of api_quotes.toml cannot be."""
    fresh, cached = quote.input_usd_per_mtok, quote.cached_input_usd_per_mtok
    if cached is not None and cached > fresh:
        yield (
            f"cached_input_usd_per_mtok is {plain_number(cached)}, above input_usd_per_mtok {plain_number(fresh)}. "
            "Swap or correct them."
        )


def _load_contradictions(state: str, load: Quantity, idle: Quantity) -> Iterator[str]:
    for bound in ("low", "central", "high"):
        at_load, at_idle = getattr(load, bound), getattr(idle, bound)
        if not 0 < at_idle < at_load:
            yield (
                f"power.{state}: {bound} is {plain_number(at_load)} W and that of idle_w {plain_number(at_idle)} W; "
                "idle must lie above 0 and below the load. Correct one of them; an unknown figure is an assumption "
                "with a range, never 0."
            )


def _nothing(key: str, price: Quantity) -> Iterator[str]:
    if price.low <= 0:
        yield f"{key}: low is {plain_number(price.low)}; a price is above 0. Leave an unknown price out."


def _memory_contradictions(box: Machine | CloudOffer, chips: Mapping[str, Chip]) -> Iterator[str]:
    if box.chip in chips and box.memory_gib not in (options := chips[box.chip].memory_options_gib):
        sizes = ", ".join(plain_number(option) for option in options)
        yield (
            f"memory_gib is {plain_number(box.memory_gib)}; {box.chip} came with {sizes} GiB. Choose one, or add the "
            f"option to chips/{box.chip}.toml."
        )
