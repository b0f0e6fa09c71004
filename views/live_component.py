"""Live page bodies: components whose JavaScript and CSS are files beside this one, served by this server alone.

Streamlit finds such files through an installed distribution's pyproject.toml; registering them here works in a clone, in
a wheel and in a test alike. Inline JavaScript would become a blob: module, which our content policy refuses.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from streamlit.components import v2
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from calculator.version import VERSION

_FOLDER = Path(__file__).parent / "components"
_PACKAGE = "local-llm-tco"
_MOST_KEPT = 8


def live_component(name: str) -> Callable[..., Any]:
    """The component of views/components/<name>/<name>.js and .css; the same one in every session of a server."""
    return _registered(name, get_bidi_component_manager())


@lru_cache(maxsize=_MOST_KEPT)
def _registered(name: str, manager: BidiComponentManager) -> Callable[..., Any]:
    """The component as this server knows it; another server of the same process learns of it anew."""
    manifest = ComponentManifest(_PACKAGE, VERSION, [ComponentConfig(name, asset_dir=name)])
    manager.register_from_manifest(manifest, _FOLDER)
    return v2.component(f"{_PACKAGE}.{name}", js=f"{name}.js", css=f"{name}.css")
