"""Token prices of hosted models: dated quotes of every host, one tariff per model from the cheapest of them.

The quotes (api_quotes.toml) come from the offline data of the genai-prices package, and from litellm's list for hosts
that it lacks. They are kept as dated rows, so that the catalogue's hash covers them and the page imports no HTTP
client. update_api_quotes.py prints the rows of the installed package that differ.
"""

from collections.abc import Iterable, Mapping, Sequence

from calculator.catalog.api_hosts import tariff_at
from calculator.catalog.options import ApiOffer, ApiQuote, ApiTariff, HostedModel
from calculator.errors import CatalogError

GENAI_PRICES = "genai-prices"


def newest_quotes(quotes: Iterable[ApiQuote]) -> dict[str, ApiQuote]:
    """The newest row of each host and model, by `host/host_model`."""
    newest: dict[str, ApiQuote] = {}
    for quote in quotes:
        known = newest.get(quote.key)
        if known is None or quote.as_of >= known.as_of:
            newest[quote.key] = quote
    return newest


def with_tariffs(offer: ApiOffer, *, quotes: Mapping[str, ApiQuote], input_fraction: float) -> ApiOffer:
    """The offer with one tariff per hosted model: the cheapest host's, with the range over all hosts named.

    Cheapest at a request of which `input_fraction` of the tokens are input. low and high: over the hosts named.
    Raises CatalogError where a host has no quote.
    """
    quoted = {hosted.model: tuple(_quoted(hosted, quotes, offer.id)) for hosted in offer.hosted}
    tariffs = tuple(_tariff(hosted, quoted[hosted.model], input_fraction) for hosted in offer.hosted)
    return offer.model_copy(update={"tariffs": (*offer.tariffs, *tariffs), "quotes": quoted})


def mixed_usd_per_mtok(quote: ApiQuote, *, input_fraction: float) -> float:
    """Mean price of a token: f * input + (1 - f) * output, USD per million tokens."""
    return input_fraction * quote.input_usd_per_mtok + (1 - input_fraction) * quote.output_usd_per_mtok


def _quoted(hosted: HostedModel, quotes: Mapping[str, ApiQuote], offer_id: str) -> list[ApiQuote]:
    missing = [key for key in hosted.hosts if key not in quotes]
    if missing:
        raise CatalogError(
            f"api/{offer_id}.toml: hosted model {hosted.model!r} names the host {missing[0]!r}, which has no row in "
            "api_quotes.toml. Add a dated row there or correct the id."
        )
    return [quotes[key] for key in hosted.hosts]


def _tariff(hosted: HostedModel, quotes: Sequence[ApiQuote], input_fraction: float) -> ApiTariff:
    best = min(quotes, key=lambda quote: (mixed_usd_per_mtok(quote, input_fraction=input_fraction), quote.key))
    note = f"{best.host_name}, the cheapest of {len(quotes)} quotes"
    tariff = tariff_at(best, quotes, model=hosted.model, note=note)
    return tariff.model_copy(update={"note": " ".join(filter(None, (hosted.note, best.note)))})


def tariff_key(tariff: ApiTariff) -> str:
    """The owner under which a tariff's prices are given: the same for the option and for the overflow of others."""
    return f"{tariff.provider}/{tariff.provider_model}"
