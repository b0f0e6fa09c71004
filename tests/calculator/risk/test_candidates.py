"""Candidates: their ranges, their costs and what may be varied."""

import dataclasses

import numpy as np

from calculator.evidence import Quantity
from calculator.risk.candidates import Candidate, costs, spreads_of
from tests.calculator.offers import (
    ALL,
    API,
    DEFAULTS,
    MAC,
    MAC_USAGE,
    PC,
    PC_USAGE,
    TARIFF,
    candidates,
)


def test_ranges_of_options_use_the_same_tariff_for_option_and_overflow() -> None:
    spreads = spreads_of(ALL)
    assert "host/llama.input_usd_per_mtok" in spreads
    assert isinstance(DEFAULTS["wage_usd_per_h"], Quantity)
    half = dataclasses.replace(MAC_USAGE, served_fraction=0.5)
    pair = candidates(Candidate(MAC, half, TARIFF), Candidate(API), Candidate(PC, PC_USAGE, TARIFF))
    dear = costs(pair, {"host/llama.input_usd_per_mtok": np.array([0.2, 2.0])})
    usd = {name: np.ravel(tco.total_cost_usd) for name, tco in dear.items()}
    assert usd["api"][1] > usd["api"][0]
    assert usd["mac"][1] > usd["mac"][0]
    assert float(np.ptp(usd["pc"])) == 0.0
