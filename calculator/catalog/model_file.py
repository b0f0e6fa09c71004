"""Model files: the shapes of a model that the catalogue lacks, as `python -m measurements describe` wrote them."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from calculator.catalog import Catalog
from calculator.catalog.models import LanguageModel
from calculator.errors import ScenarioError, sentences, why_unreadable

_LARGEST_BYTES = 4_000_000


def model_of(name: str, *, catalog: Catalog) -> LanguageModel:
    """The model of that id, or of that file where the name ends in .toml. Raises UnknownIdError or ScenarioError.

    A config.json must be described first: what mlx-lm makes of it is asked in a process of its own, never here.
    """
    path = Path(name)
    if path.suffix == ".json" or (path / "config.json").exists():
        raise ScenarioError(
            f"{name} is a configuration, not a description. Write one with "
            f"`python -m measurements describe {name} > model.toml`, then name model.toml."
        )
    if path.suffix != ".toml":
        return catalog.model(name)
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ScenarioError(
                f"{name} is larger than {_LARGEST_BYTES:,} bytes; a description has a few thousand. Name that file."
            )
        fields = tomllib.loads(path.read_text("utf-8"))
        return LanguageModel.model_validate(fields)
    except OSError as error:
        raise ScenarioError(
            f"{name} cannot be read ({error.strerror}). Name a file that `python -m measurements describe` wrote."
        ) from None
    except ScenarioError:
        raise
    except ValidationError as error:
        raise ScenarioError(f"{name}: {sentences(error, LanguageModel)[0]}") from None
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, numbers of thousands of digits, nested deeply
        raise ScenarioError(
            f"{name} is not valid TOML ({why_unreadable(error)}). Write it with `python -m measurements describe`."
        ) from None
