"""Loader of the catalogue: hand-edited TOML, checked by pydantic, then cross-checked. No other file opens the TOML.

Every error names file, key and repair. The catalogue's hash (of all files' bytes) goes into every export, so that a
figure taken to a meeting can be reproduced.
"""

import functools
import hashlib
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from calculator.catalog.api_quotes import newest_quotes, with_tariffs
from calculator.catalog.calibration import calibration_of
from calculator.catalog.catalog import Catalog, T
from calculator.catalog.check_references import contradictions, evidence_of
from calculator.catalog.claims import Claim, Phantom
from calculator.catalog.distributions import Distributions
from calculator.catalog.models import LanguageModel, Runtime, WeightFormat
from calculator.catalog.options import (
    ApiOffer,
    ApiQuote,
    Chip,
    CloudOffer,
    ElectricityTariff,
    GridCarbon,
    Machine,
    ResaleObservation,
    UsableMemory,
)
from calculator.catalog.plans import Subscription
from calculator.catalog.price_age import PriceSeries
from calculator.catalog.quality import QualityLoss
from calculator.catalog.readings import Reading
from calculator.catalog.tax import TaxTables
from calculator.errors import CatalogError, sentences
from calculator.evidence import Quantity, Source
from calculator.units import unit_of_name

__all__ = ["FOLDER", "Catalog", "evidence_of", "load_catalog", "load_defaults"]

FOLDER = Path(__file__).parent


@functools.lru_cache(maxsize=4)
def load_catalog(folder: Path = FOLDER) -> Catalog:
    """Read and check the whole catalogue.

    Raises CatalogError, naming file, key and repair, on the first file that does not hold what it must.
    """
    files = sorted((*folder.rglob("*.toml"), *folder.glob("listed_prices.csv")))
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    constants = _table(folder, "constants.toml", "constants", Quantity)
    quotes = tuple(_rows(folder, "api_quotes.toml", "quotes", ApiQuote))
    offers = _folder(folder, "api", ApiOffer)
    catalog = Catalog(
        hash=digest.hexdigest()[:16],
        compiled=str(_read(folder, "defaults.toml")["compiled"]),
        sources=_table(folder, "sources.toml", "sources", Source),
        chips=_folder(folder, "chips", Chip),
        machines=_folder(folder, "machines", Machine),
        clouds=_folder(folder, "cloud", CloudOffer),
        apis=_priced(offers, quotes, constants),
        subscriptions=_folder(folder, "subscriptions", Subscription),
        models=_folder(folder, "models", LanguageModel),
        model_names={str(name): str(meant) for name, meant in _read(folder, "model_names.toml")["names"].items()},
        formats=_folder(folder, "formats", WeightFormat),
        runtimes=_folder(folder, "runtimes", Runtime),
        electricity=_newest_by_id(
            "electricity.toml",
            _rows(folder, "electricity.toml", "tariffs", ElectricityTariff),
            lambda row: row.electricity_usd_per_kwh,
        ),
        grid_carbon=_newest_by_id(
            "grid_carbon.toml",
            _rows(folder, "grid_carbon.toml", "grids", GridCarbon),
            lambda row: row.carbon_g_per_kwh,
        ),
        resale=_by_id("resale.toml", _rows(folder, "resale.toml", "observations", ResaleObservation)),
        macos_limits=tuple(_rows(folder, "macos_limits.toml", "limits", UsableMemory)),
        api_quotes=quotes,
        phantoms=tuple(_rows(folder, "phantoms.toml", "phantoms", Phantom)),
        claims=_by_id("claims.toml", _rows(folder, "claims.toml", "claims", Claim)),
        quality=tuple(_rows(folder, "quality.toml", "losses", QualityLoss)),
        price_history=tuple(_rows(folder, "price_history.toml", "series", PriceSeries)),
        readings=_by_id("readings.toml", _rows(folder, "readings.toml", "readings", Reading)),
        defaults=_table(folder, "defaults.toml", "defaults", Quantity),
        constants=constants,
        distributions=Distributions.of(_read(folder, "distributions.toml")),
        tax=TaxTables.of(_read(folder, "tax.toml")),
        fitted=calibration_of(_read(folder, "calibration.toml")) if (folder / "calibration.toml").exists() else None,
    )
    for problem in contradictions(catalog):
        raise CatalogError(problem)
    return catalog


@functools.cache
def load_defaults() -> dict[str, float]:
    """Central value of every default that has evidence (defaults.toml), for the scenario's fields."""
    return {name: row.central for name, row in _table(FOLDER, "defaults.toml", "defaults", Quantity).items()}


def _read(folder: Path, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads((folder / file).read_text("utf-8"))
    except FileNotFoundError:
        raise CatalogError(f"{file}: the file is missing from {folder}. Restore it from the repository.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogError(f"{file}: not valid TOML: {error}. Correct that line.") from None


def _build(cls: type[T], data: Any, *, file: str, key: str) -> T:
    try:
        return cls.model_validate(data)
    except ValidationError as error:
        where = f"{file}: {key}: " if key else f"{file}: "
        raise CatalogError(where + " ".join(_problems(error, cls))) from None


def _problems(error: ValidationError, cls: type[BaseModel]) -> Iterator[str]:
    """One sentence per problem, each beginning with the key."""
    for problem, sentence in zip(error.errors(include_url=False), sentences(error, cls), strict=True):
        key = ".".join(str(part) for part in problem["loc"])
        yield sentence if not key or sentence.startswith(key) else f"{key}: {sentence}"


def _folder(folder: Path, name: str, cls: type[T]) -> dict[str, T]:
    entries: dict[str, T] = {}
    for path in sorted((folder / name).glob("*.toml")):
        file = f"{name}/{path.name}"
        entry = _build(cls, _read(folder, file), file=file, key="")
        key = getattr(entry, "id")  # noqa: B009  (T is any of several entries, all with an id)
        if key != path.stem:
            raise CatalogError(f"{name}/{path.name}: id is {key!r}; it must equal the file's name. Rename one of them.")
        entries[key] = entry
    return entries


def _only(folder: Path, file: str, key: str) -> Any:
    """What stands under the one heading that the file may have; `compiled` may stand beside it."""
    data = _read(folder, file)
    for heading in data.keys() - {key, "compiled"}:
        raise CatalogError(f"{file}: {heading} is not a known heading. Write {key}.")
    return data.get(key, {})


def _rows(folder: Path, file: str, key: str, cls: type[T]) -> list[T]:
    return [_build(cls, row, file=file, key=f"{key}[{index}]") for index, row in enumerate(_only(folder, file, key))]


def _table(folder: Path, file: str, key: str, cls: type[T]) -> dict[str, T]:
    table = {name: _build(cls, row, file=file, key=name) for name, row in _only(folder, file, key).items()}
    for name, entry in table.items():
        promised = unit_of_name(name)
        if isinstance(entry, Quantity) and promised not in (None, entry.unit):
            raise CatalogError(
                f"{file}: {name} has unit {entry.unit!r}; its name promises {promised!r}. Convert the value or rename "
                "the key."
            )
    return table


def _by_id(file: str, rows: list[T]) -> dict[str, T]:
    table: dict[str, T] = {}
    for row in rows:
        key = getattr(row, "id")  # noqa: B009
        if key in table:
            raise CatalogError(f"{file}: id {key!r} occurs twice. Rename or remove one of the rows.")
        table[key] = row
    return table


def _newest_by_id(file: str, rows: list[T], figure: Callable[[T], Quantity]) -> dict[str, T]:
    """The row of each id with the newest date."""
    table: dict[str, T] = {}
    for row in sorted(rows, key=lambda row: figure(row).as_of):
        key, as_of = getattr(row, "id"), figure(row).as_of  # noqa: B009
        if key in table and figure(table[key]).as_of == as_of:
            raise CatalogError(
                f"{file}: id {key!r} occurs twice with the date {as_of}. Rename or remove one of the rows, or date the "
                "newer reading."
            )
        table[key] = row
    return table


def _priced(
    offers: Mapping[str, ApiOffer], quotes: Iterable[ApiQuote], constants: Mapping[str, Quantity]
) -> dict[str, ApiOffer]:
    """The API offers with the newest tariffs of their hosts."""
    newest, share = newest_quotes(quotes), constants["api_ranking_input_fraction"].central
    return {key: with_tariffs(offer, quotes=newest, input_fraction=share) for key, offer in offers.items()}
