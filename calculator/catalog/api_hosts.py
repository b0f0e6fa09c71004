"""Which host's token price stands for a hosted model: the host in the middle of all, or the cheapest.

The cheapest of nine hosts is not what one will pay for three years: it is the likeliest to change or withdraw. The
central price is therefore that of the host with the median cost at the scenario's own mix of tokens. A reseller of a
host that is listed itself is not counted again. Every quote is kept, and the range runs over all of them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from calculator.catalog.options import ApiOffer, ApiQuote, ApiTariff
from calculator.evidence import Quantity

HostChoice = Literal["median", "cheapest"]
_RESOLD = re.compile(r"\((?P<host>[^)]+)\)$")  # HuggingFace (novita): novita's service, billed by another


@dataclass(frozen=True, slots=True)
class TokenMix:
    """Shares of a request's tokens by what is billed for them; they sum to 1."""

    input_fraction: float
    cached_fraction: float
    output_fraction: float

    @classmethod
    def of(cls, *, input_tokens: float, cached_fraction: float, output_tokens: float) -> "TokenMix":
        """The mix of one request: `cached_fraction` of its input is billed at the cached price."""
        total = input_tokens + output_tokens
        return cls(
            input_fraction=input_tokens * (1 - cached_fraction) / total,
            cached_fraction=input_tokens * cached_fraction / total,
            output_fraction=output_tokens / total,
        )


def mean_usd_per_mtok(quote: ApiQuote, *, mix: TokenMix) -> float:
    """Mean price of a token of this mix, USD per million; cached tokens without a price cost what input does."""
    cached = quote.cached_input_usd_per_mtok
    return (
        mix.input_fraction * quote.input_usd_per_mtok
        + mix.cached_fraction * (quote.input_usd_per_mtok if cached is None else cached)
        + mix.output_fraction * quote.output_usd_per_mtok
    )


def host_of(quote: ApiQuote) -> str:
    """Who really serves: the name in brackets where a quote is a reseller's, in plain letters.

    >>> host_of(ApiQuote(host="h", host_name="HuggingFace (together)", host_model="m", input_usd_per_mtok=1,
    ...     output_usd_per_mtok=1, source="s", as_of="2026"))
    'together'
    """
    resold = _RESOLD.search(quote.host_name)
    name = resold["host"] if resold else quote.host_name
    plain = "".join(letter for letter in name.lower() if letter.isalnum())
    return re.sub(r"(ai)?(endpoints)?$", "", plain)


def one_quote_per_host(quotes: Iterable[ApiQuote], *, mix: TokenMix) -> list[ApiQuote]:
    """Each host's own quote, else its reseller's; the cheapest at this mix where a host lists several. Dearest last."""
    kept: dict[str, ApiQuote] = {}
    for quote in sorted(quotes, key=lambda row: (bool(_RESOLD.search(row.host_name)), mean_usd_per_mtok(row, mix=mix))):
        kept.setdefault(host_of(quote), quote)
    return sorted(kept.values(), key=lambda row: (mean_usd_per_mtok(row, mix=mix), row.key))


def hosted_tariff(offer: ApiOffer, model: str, *, mix: TokenMix, choice: HostChoice) -> ApiTariff | None:
    """The tariff of `model` at one host of the offer; None where nobody hosts it.

    median: of the hosts in order of cost at this mix the one in the middle (of an even number the cheaper of the two).
    cheapest: version 1's choice, the least at the catalogue's own mix (ApiOffer.tariffs).
    """
    if choice == "cheapest" or model not in offer.quotes:
        return next((tariff for tariff in offer.tariffs if tariff.model == model), None)
    ranked = one_quote_per_host(offer.quotes[model], mix=mix)
    middle = ranked[(len(ranked) - 1) // 2]
    hosts = f"{middle.host_name}, in the middle of {len(ranked)} hosts at this mix of tokens"
    return tariff_at(middle, offer.quotes[model], model=model, note=hosts if len(ranked) > 1 else "")


def tariff_at(quote: ApiQuote, quotes: Sequence[ApiQuote], *, model: str, note: str = "") -> ApiTariff:
    """One host's prices as a tariff, each with the range over all quotes."""
    names = ", ".join(sorted({row.host_name for row in quotes}))
    said = f"{note}; range over {names}" if len(quotes) > 1 else f"the only quote: {quote.host_name}"

    def quantity(central: float, others: list[float]) -> Quantity:
        return Quantity(
            low=min(others),
            central=central,
            high=max(others),
            unit="USD/Mtok",
            basis="published",
            source=quote.source,
            as_of=quote.as_of,
            note=said,
        )

    cached, kept = quote.cached_input_usd_per_mtok, quote.cache_write_usd_per_mtok
    return ApiTariff(
        model=model,
        provider=quote.host_name,
        provider_model=quote.host_model,
        input_usd_per_mtok=quantity(quote.input_usd_per_mtok, [row.input_usd_per_mtok for row in quotes]),
        output_usd_per_mtok=quantity(quote.output_usd_per_mtok, [row.output_usd_per_mtok for row in quotes]),
        cached_input_usd_per_mtok=None if cached is None else quantity(cached, [cached]),
        cache_write_usd_per_mtok=None if kept is None else quantity(kept, [kept]),
        tiers=quote.tiers,
        note=quote.note,
    )
