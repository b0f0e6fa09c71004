"""Live page bodies: components whose JavaScript and CSS are files beside this one, served by this server alone.

Streamlit finds such files through an installed distribution's pyproject.toml; registering them here works in a clone, in
a wheel and in a test alike. Inline JavaScript would become a blob: module, which our content policy refuses.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from streamlit.components import v2
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from calculator.version import VERSION

_FOLDER = Path(__file__).parent / "components"
_PACKAGE = "local-llm-tco"


@cache
def live_component(name: str) -> Callable[..., Any]:
    """The component of views/components/<name>/<name>.js and .css; the same one in every session."""
    manifest = ComponentManifest(_PACKAGE, VERSION, [ComponentConfig(name, asset_dir=name)])
    get_bidi_component_manager().register_from_manifest(manifest, _FOLDER)
    return v2.component(f"{_PACKAGE}.{name}", js=f"{name}.js", css=f"{name}.css")
