"""Age of prices: a remark for each option whose price may be out of date, on the day of looking.

A price is a dated observation. How long it counts as fresh depends on its kind: constants.toml holds the days. The day
of looking is passed in: the calculator has no clock.
"""

import calendar
import functools
from collections.abc import Collection, Mapping
from datetime import date

from calculator.catalog.api_quotes import tariff_key
from calculator.catalog.catalog import Catalog, Option
from calculator.catalog.options import ApiOffer, ApiTariff, Machine
from calculator.catalog.plans import Subscription
from calculator.catalog.price_age import PriceKind, widened
from calculator.catalog.routed import Routed
from calculator.evidence import Quantity, Remark
from calculator.number import Range
from calculator.units import counted

STALE = "stale-price"
YEAR_ONLY, YEAR_AND_MONTH = 1, 2
FRESH_DAYS = {
    "list": "list_price_fresh_days",
    "street": "street_price_fresh_days",
    "used": "street_price_fresh_days",
    "refurbished": "street_price_fresh_days",
    "estimate": "estimate_fresh_days",
    "rental": "cloud_rate_fresh_days",
    "API": "api_price_fresh_days",
    "seat": "api_price_fresh_days",
}
NOUNS = {"rental": "hourly rate", "estimate": "estimated price", "API": "API price", "seat": "price of a seat"}
"""What a price is called where its kind alone does not say it."""


def price_on(
    price: Quantity, *, kind: PriceKind, aged_from: str, on: str, constants: Mapping[str, Quantity]
) -> Quantity | Range:
    """A price's range on a day (YYYY-MM-DD): the older it is, the wider; as read where the day or its kind's age is
    unknown, or where it is the person's own."""
    if price.basis == "yours" or not (on and constants and price.low > 0):
        return price
    return widened(price, kind=kind, age_days=age_days(aged_from, on=on), constants=constants)


def age_days(as_of: str, *, on: str) -> int:
    """Days from an observation to the day of looking, at least: one dated by month counts from the month's end.

    Never negative: an observation dated later than `on` is 0 days old.
    """
    return max(0, (_last_day(on) - _last_day(as_of)).days)


def stale_prices(catalog: Catalog, *, as_of: str) -> dict[str, Remark]:
    """One remark for each option whose price is older than its kind allows, by option id; fresh options are absent."""
    remarks: dict[str, Remark] = {}
    for table in (catalog.machines, catalog.clouds, catalog.apis, catalog.subscriptions):
        for key, option in table.items():
            if (remark := stale_price(option, catalog=catalog, as_of=as_of)) is not None:
                remarks[key] = remark
    return remarks


def stale_price(option: Option, *, catalog: Catalog, as_of: str) -> Remark | None:
    """The remark on the catalogue's price of one option, or None while it is fresh."""
    found = price_read(option)
    return None if found is None else stale_remark(option.name, found, catalog=catalog, as_of=as_of)


def stale_remark(name: str, found: tuple[str, str], *, catalog: Catalog, as_of: str) -> Remark | None:
    """The remark on a price of that kind and date (`price_read`), or None while it is fresh; `name` is the option's."""
    kind, read = found
    days, fresh = age_days(read, on=as_of), catalog.constants[FRESH_DAYS[kind]].central
    if days <= fresh:
        return None
    text = (
        f"{name}: {NOUNS.get(kind, f'{kind} price')} last checked {read}, {counted(days, 'day')} ago. It may have "
        f"changed: prices of this kind hold for about {counted(fresh, 'day')}. You can enter your own."
    )
    return Remark(code=STALE, text=text, level="warning" if days > 2 * fresh else "info")


def price_read(
    option: Option, *, paid: ApiTariff | None = None, cloud_rate: str = "on-demand", own: Collection[str] = ()
) -> tuple[str, str] | None:
    """Kind of the option's price, and the date from which its age counts; None where there is none of the catalogue's.

    paid: the tariff that a hosted API's bill is made with; without it the oldest of its prices counts. cloud_rate: the
    way to rent. own: figures that the person typed (mac-studio-m5-ultra-256.price_usd): such a price does not age.
    """
    if f"{option.id}.price_usd" in own or f"{option.id}.rate_usd_per_h" in own:
        return None
    if isinstance(option, Routed):  # its parts have prices
        return None
    if isinstance(option, Machine):
        price = option.purchase_price()
        if price.price_usd.basis == "yours":
            return None
        return "estimate" if price.is_estimate else price.kind, price.aged_from
    if isinstance(option, Subscription):
        price = option.price.seat_usd_per_month
        return None if f"{option.id}.seat_usd_per_month" in own else ("seat", price.as_of)
    if not isinstance(option, ApiOffer):
        return "rental", option.rate(cloud_rate).rate_usd_per_h.as_of
    return tokens_read(option.tariffs if paid is None else (paid,), own=own)


def tokens_read(tariffs: Collection[ApiTariff], *, own: Collection[str] = ()) -> tuple[str, str] | None:
    """Kind and date of the oldest token price that is not the person's own; None where all are."""
    stated = [
        price.as_of
        for tariff in tariffs
        for name, price in (
            ("input_usd_per_mtok", tariff.input_usd_per_mtok),
            ("output_usd_per_mtok", tariff.output_usd_per_mtok),
        )
        if f"{tariff_key(tariff)}.{name}" not in own
    ]
    return ("API", min(stated, key=_last_day)) if stated else None


@functools.lru_cache(maxsize=1024)
def _last_day(iso: str) -> date:
    parts = [int(part) for part in iso.split("-")]
    if len(parts) == YEAR_ONLY:
        return date(parts[0], 12, 31)
    if len(parts) == YEAR_AND_MONTH:
        return date(parts[0], parts[1], calendar.monthrange(parts[0], parts[1])[1])
    return date(parts[0], parts[1], parts[2])
