"""The file of fitted constants: what is shipped is what the shipped rows give, to the byte."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_calibration_regenerated_from_the_shipped_rows_is_the_same_file(tmp_path: Path) -> None:
    # one thread: the result then does not depend on how a library splits sums, and runs on a busy machine
    script = (
        "from pathlib import Path; from calculator.catalog import load_catalog; "
        "from calculator.calibration.calibration_file import write; "
        f"write(target=Path({str(tmp_path / 'calibration.toml')!r}), catalog=load_catalog())"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment, cwd=ROOT)
    again = (tmp_path / "calibration.toml").read_text(encoding="utf-8")
    assert again == (ROOT / "calculator" / "catalog" / "calibration.toml").read_text(encoding="utf-8")
