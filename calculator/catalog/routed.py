"""Routed option: two options of the catalogue that share the requests, as one entry."""

from calculator.evidence import Entry


class Routed(Entry):
    """What a route makes of two options: `base` serves what is not routed, `to` the rest."""

    id: str
    name: str
    base: str
    to: str
