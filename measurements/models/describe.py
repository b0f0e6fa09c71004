"""The describe command: `python -m measurements describe CONFIG.json|MODEL_ID` prints a model's catalogue file.

--write stores the file in the catalogue instead; --all describes every model that ships with a configuration.
"""

import json
import sys
from pathlib import Path

from calculator.catalog.loader import FOLDER
from calculator.cli.flags import Parser
from measurements.models.architecture import Json, language_model_of, toml_of
from measurements.models.ask_mlx_lm import PlanError, load_config, shipped_config_ids
from measurements.models.layouts import layouts_of

ABOUT_KEYS = ("id", "name", "family", "released", "basis", "source", "source_url", "as_of")
_LONGEST_NAME = 60


def main(arguments: list[str]) -> int:
    """Entry of the command."""
    parser = Parser(prog="python -m measurements describe", description="Print a model's catalogue file.")
    parser.add_argument("config", nargs="?", help="path of a config.json, or id of a shipped model")
    parser.add_argument("--about", help='JSON with id, name, family ..., if the file has no "_about" of its own')
    parser.add_argument("--write", action="store_true", help="write the file into the catalogue instead of printing it")
    parser.add_argument("--all", action="store_true", help="describe every shipped configuration")
    options = parser.parse_args(arguments)
    if bool(options.config) == options.all:
        parser.error("give a configuration or --all")
    names = shipped_config_ids() if options.all else [options.config]
    configs = [load_config(name) for name in names]
    for name, config, layout in zip(names, configs, layouts_of(configs), strict=True):
        if "error" in layout:
            raise PlanError(f"{name}: {layout['error']}")
        text = toml_of(language_model_of(with_about(name, config, options.about), layout))
        if options.write:
            path = FOLDER / "models" / f"{config['_about']['id']}.toml"
            path.write_text(text, "utf-8")
            print(path)
        else:
            sys.stdout.write(text)
    return 0


def with_about(name: str, config: Json, about_json: str | None) -> Json:
    """The config with an `_about`; a user's own config gets one with the basis `yours`.

    Its name is that of its file, or of the folder of a config.json; where there is none, what the config calls itself.
    """
    if about_json:
        config["_about"] = json.loads(about_json)
    if "_about" not in config:
        path = Path(name)
        stem = (path.parent.name or _own_name(config) if path.name == "config.json" else path.stem).lower()
        config["_about"] = {
            "id": stem,
            "name": stem,
            "family": config["model_type"],
            "released": "2026",
            "basis": "yours",
            "source": path.name,
            "source_url": "",
            "as_of": "2026",
        }
    missing = [key for key in ABOUT_KEYS if key not in config["_about"]]
    if missing:
        raise PlanError(
            f"{name}: _about lacks {', '.join(missing)}. Add what is missing; it is the evidence for the shapes."
        )
    return config


def _own_name(config: Json) -> str:
    """The last part of `_name_or_path`, as transformers writes it; 'my-model' where a config has none."""
    said = config.get("_name_or_path")
    return (Path(said).name[:_LONGEST_NAME] if isinstance(said, str) else "") or "my-model"
