"""How do hand-edited files become a catalogue one can trust? Read with tomllib, checked by pydantic, cross-checked.

Every error names file, key and repair. The catalogue's hash (of all files' bytes) goes into every export, so that a
figure taken to a meeting can be reproduced.
"""

import functools
import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from calculator.catalog import options as t
from calculator.catalog.api_quotes import newest_quotes, with_tariffs
from calculator.catalog.check_references import contradictions, evidence_of
from calculator.errors import CatalogError, PhantomError, UnknownIdError, sentences
from calculator.evidence import Quantity, Source
from calculator.units import unit_of_name

__all__ = ["FOLDER", "Catalog", "Option", "evidence_of", "load_catalog"]

FOLDER = Path(__file__).parent
T = TypeVar("T", bound=BaseModel)
Option = t.Machine | t.CloudOffer | t.ApiOffer


@dataclass(frozen=True)
class Catalog:
    """All entries by id. Mappings are never changed after loading."""

    hash: str
    compiled: str
    sources: Mapping[str, Source]
    chips: Mapping[str, t.Chip]
    machines: Mapping[str, t.Machine]
    clouds: Mapping[str, t.CloudOffer]
    apis: Mapping[str, t.ApiOffer]
    models: Mapping[str, t.LanguageModel]
    formats: Mapping[str, t.WeightFormat]
    runtimes: Mapping[str, t.Runtime]
    electricity: Mapping[str, t.ElectricityTariff]
    grid_carbon: Mapping[str, t.GridCarbon]
    resale: Mapping[str, t.ResaleObservation]
    macos_limits: tuple[t.UsableMemory, ...]
    api_quotes: tuple[t.ApiQuote, ...]
    phantoms: tuple[t.Phantom, ...]
    claims: Mapping[str, t.Claim]
    defaults: Mapping[str, Quantity]
    constants: Mapping[str, Quantity]
    calibration: Mapping[str, Any]

    def option(self, option_id: str) -> Option:
        """The machine, cloud offer or API of that id."""
        for table in (self.machines, self.clouds, self.apis):
            if option_id in table:
                return table[option_id]
        self.refuse_phantom(option_id)
        raise UnknownIdError("option", option_id, [*self.machines, *self.clouds, *self.apis])

    def chip_or_machine(self, name: str) -> t.Chip | t.Machine | t.CloudOffer:
        """What `predict --machine` may name: a whole machine, a rented one, or a bare chip."""
        for table in (self.machines, self.clouds, self.chips):
            if name in table:
                return table[name]
        self.refuse_phantom(name)
        raise UnknownIdError("machine", name, [*self.machines, *self.clouds, *self.chips])

    def model(self, model_id: str) -> t.LanguageModel:
        """The model of that id."""
        return _find(self.models, "model", model_id)

    def format(self, format_id: str) -> t.WeightFormat:
        """The weight format of that id or alias."""
        for entry in self.formats.values():
            if format_id in entry.aliases:
                return entry
        return _find(self.formats, "format", format_id)

    def runtime(self, runtime_id: str) -> t.Runtime:
        """The runtime of that id."""
        return _find(self.runtimes, "runtime", runtime_id)

    def refuse_phantom(self, name: str) -> None:
        """Raise PhantomError where the name is of a machine that never existed."""
        phantom = self.phantom_of(name)
        if phantom is not None:
            nearest = ", ".join(phantom.nearest)
            raise PhantomError(f"{phantom.sentence} Nearest real machines: {nearest}.")

    def phantom_of(self, name: str) -> t.Phantom | None:
        """The machine that never existed whose name occurs in this one, or None."""
        plain = "".join(letter for letter in name.lower() if letter.isalnum())
        for phantom in self.phantoms:
            if any("".join(c for c in known.lower() if c.isalnum()) in plain for known in phantom.names):
                return phantom
        return None


def _find(table: Mapping[str, T], kind: str, key: str) -> T:
    if key not in table:
        raise UnknownIdError(kind, key, table)
    return table[key]


@functools.lru_cache(maxsize=4)
def load_catalog(folder: Path = FOLDER) -> Catalog:
    """Read and check the whole catalogue.

    Raises CatalogError, naming file, key and repair, on the first file that does not hold what it must.
    """
    files = sorted(folder.rglob("*.toml"))
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    constants = _table(folder, "constants.toml", "constants", Quantity)
    quotes = tuple(_rows(folder, "api_quotes.toml", "quotes", t.ApiQuote))
    offers = _folder(folder, "api", t.ApiOffer)
    catalog = Catalog(
        hash=digest.hexdigest()[:16],
        compiled=str(_read(folder, "defaults.toml")["compiled"]),
        sources=_table(folder, "sources.toml", "sources", Source),
        chips=_folder(folder, "chips", t.Chip),
        machines=_folder(folder, "machines", t.Machine),
        clouds=_folder(folder, "cloud", t.CloudOffer),
        apis=_priced(offers, quotes, constants),
        models=_folder(folder, "models", t.LanguageModel),
        formats=_folder(folder, "formats", t.WeightFormat),
        runtimes=_folder(folder, "runtimes", t.Runtime),
        electricity=_by_id("electricity.toml", _rows(folder, "electricity.toml", "tariffs", t.ElectricityTariff)),
        grid_carbon=_by_id("grid_carbon.toml", _rows(folder, "grid_carbon.toml", "grids", t.GridCarbon)),
        resale=_by_id("resale.toml", _rows(folder, "resale.toml", "observations", t.ResaleObservation)),
        macos_limits=tuple(_rows(folder, "macos_limits.toml", "limits", t.UsableMemory)),
        api_quotes=quotes,
        phantoms=tuple(_rows(folder, "phantoms.toml", "phantoms", t.Phantom)),
        claims=_by_id("claims.toml", _rows(folder, "claims.toml", "claims", t.Claim)),
        defaults=_table(folder, "defaults.toml", "defaults", Quantity),
        constants=constants,
        calibration=_read(folder, "calibration.toml") if (folder / "calibration.toml").exists() else {},
    )
    for problem in contradictions(catalog):
        raise CatalogError(problem)
    return catalog


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
                f"{file}: {name} has unit {entry.unit!r}; its name promises {promised!r}. Convert the value or rename the key."
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


def _priced(
    offers: Mapping[str, t.ApiOffer], quotes: Iterable[t.ApiQuote], constants: Mapping[str, Quantity]
) -> dict[str, t.ApiOffer]:
    """The API offers with the newest tariffs of their hosts."""
    newest, share = newest_quotes(quotes), constants["api_ranking_input_fraction"].central
    return {key: with_tariffs(offer, quotes=newest, input_fraction=share) for key, offer in offers.items()}
