"""`make sbom`: whether a bill of materials (CycloneDX, JSON) names every pinned package, with its licences.

The tool cyclonedx-py writes the bill from an environment that holds the product alone; this reads it again.
"""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from deploy.locks import ROOT, pins


def licences(component: dict[str, Any]) -> list[str]:
    """What a component says about its licence, as SPDX ids, expressions or names."""
    found: list[str] = []
    for one in component.get("licenses", ()):
        licence = one.get("license", {})
        found += [str(text) for text in (one.get("expression"), licence.get("id"), licence.get("name")) if text]
    return found


def missing(bill: dict[str, Any], lock: Path = ROOT / "requirements.txt") -> list[str]:
    """Pins of the lock file that belong on this machine and are not in the bill, as `name version`."""
    there = {(canonicalize_name(one["name"]), one["version"]) for one in bill["components"]}
    here = [pin for pin in pins(lock) if not pin.marker or Marker(pin.marker).evaluate()]
    return [f"{pin.name} {pin.version}" for pin in here if (pin.name, pin.version) not in there]


def main(arguments: Sequence[str]) -> int:
    """Print the licences and how often each occurs; exit code 1 if a package or a licence is missing."""
    file = Path(arguments[0])
    bill: dict[str, Any] = json.loads(file.read_text("utf-8"))
    absent = missing(bill)
    silent = sorted(one["name"] for one in bill["components"] if not licences(one))
    counts = Counter(" and ".join(sorted(set(licences(one)))) for one in bill["components"] if licences(one))
    print(f"{file}: CycloneDX {bill['specVersion']}, {len(bill['components'])} packages.")
    for text, count in counts.most_common():
        print(f"  {count:3} {text}")
    if silent:
        print(f"Without a licence in their own metadata: {', '.join(silent)}.")
    if absent:
        print(f"Pinned, but not in the bill: {', '.join(absent)}.")
    return 1 if absent else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
