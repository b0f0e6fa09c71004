"""The shipped models, rebuilt once per session."""

import pytest

from calculator.catalog import load_catalog
from measurements.models.ask_mlx_lm import ask_mlx_lm, load_config, shipped_config_ids
from tests.measurements.models.rebuilt import BY_HAND, CONTEXTS, FORMATS, Rebuilt


@pytest.fixture(scope="session")
def rebuilt() -> Rebuilt:
    """All models that mlx-lm knows, from one worker process."""
    catalog = load_catalog()
    wanted = [catalog.format(one) for one in FORMATS]
    packed = [
        None if one.scheme == "plain" else {"mode": one.mode, "bits": int(one.bits), "group_size": one.group_size}
        for one in wanted
    ]
    ids = [one for one in shipped_config_ids() if one not in BY_HAND]
    requests = [{"config": load_config(one), "formats": packed, "contexts": CONTEXTS} for one in ids]
    return Rebuilt(dict(zip(ids, ask_mlx_lm(requests), strict=True)), catalog)
