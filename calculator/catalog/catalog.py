"""The catalogue in memory: every entry by id, and what is said of a name that no entry has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

import calculator.catalog.options as t
from calculator.catalog.calibration import Calibration
from calculator.catalog.distributions import Distributions
from calculator.catalog.price_age import PriceSeries
from calculator.catalog.quality import QualityLoss
from calculator.catalog.tax import TaxTables
from calculator.errors import CatalogError, PhantomError, UnknownIdError
from calculator.evidence import Quantity, Source

T = TypeVar("T", bound=BaseModel)

Option = t.Machine | t.CloudOffer | t.ApiOffer


@dataclass(frozen=True, repr=False)
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
    quality: tuple[QualityLoss, ...]
    price_history: tuple[PriceSeries, ...]
    defaults: Mapping[str, Quantity]
    constants: Mapping[str, Quantity]
    distributions: Distributions
    tax: TaxTables
    fitted: Calibration | None

    def __repr__(self) -> str:
        return (
            f"Catalogue of {self.compiled}: {len(self.machines)} machines, {len(self.clouds)} rentals, "
            f"{len(self.apis)} hosted APIs, {len(self.models)} models, {len(self.chips)} chips."
        )

    @property
    def calibration(self) -> Calibration:
        """The fitted constants of speed; raises CatalogError where they have not been fitted yet."""
        if self.fitted is None:
            raise CatalogError("calibration.toml: the file is missing. Fit it: python -m calculator calibrate.")
        return self.fitted

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
