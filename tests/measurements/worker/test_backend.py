"""Backend of the worker on a Mac and an NVIDIA card: recorded device facts, computed on this CPU.

Every line of ours between mlx and the record is checked; what Metal and CUDA really do is not.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from measurements.probe.records_of_events import records_of
from measurements.probe.run import ROOT, Outcome
from measurements.records.record import Host
from tests.measurements.tiny import LLAMA_IN_4_BITS, save_in_4_bits, tiny_spec

pytest.importorskip("mlx_lm.models", reason="mlx-lm is not installed")

# mx.device_info() of an M4 Max with 128 GB, as ml-explore/mlx issues quote it, and of a CUDA build (keys of mlx 0.32)
METAL = {
    "device_name": "Apple M4 Max",
    "architecture": "applegpu_g16s",
    "memory_size": 137_438_953_472,
    "resource_limit": 499_000,
    "max_recommended_working_set_size": 115_448_725_504,
    "max_buffer_length": 86_586_540_032,
}


CUDA = {"device_name": "NVIDIA GeForce RTX 4090", "architecture": "sm_89", "uuid": "x", "total_memory": 25_250_000_000}


VM_STAT = """Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                             1000000.
Pages active:                           3000000.
Pages inactive:                          400000.
Pages speculative:                       100000.
Pages throttled:                              0.
Pages wired down:                        700000.
Pages purgeable:                          50000.
"""


_RUN = """
import json, sys
import mlx.core as mx
from measurements.worker import backend
backend.backend_of_this_process = lambda: {name!r}
real_info = mx.device_info
mx.device_info = lambda *given: {info!r}
if {name!r} == "metal":  # mlx-lm wires memory then; the CPU build takes the call and does nothing
    wired = []
    mx.metal.is_available = lambda: True
    mx.set_wired_limit = lambda limit: wired.append(limit) or 0
    backend._output_of = lambda *command: {vm_stat!r}
    backend.system = lambda: "Darwin"
from measurements.worker import tiers
from measurements.worker.session import Session
session = Session(json.load(sys.stdin))
assert not session.limit_bytes
tiers.run(session)
session.emit("ended", wired_limits={name!r} == "metal" and wired, memory=session.memory_now())
"""


def _events(spec: Any, name: str, info: dict[str, Any]) -> Outcome:
    done = subprocess.run(
        [sys.executable, "-c", _RUN.format(name=name, info=info, vm_stat=VM_STAT)],
        input=spec.model_dump_json(),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return Outcome("ok", "", [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")])


def test_mac_is_limited_by_its_working_set_or_what_is_free_and_its_speed_counts(tmp_path: Path) -> None:
    spec = tiny_spec(tmp_path, memory_limit_bytes=0, trial_count=1, model="qwen3-0.6b", format="bf16")
    found = _events(spec, "metal", METAL)
    # 1.5 million pages of 16 KiB are free or soon: 24.6 GB, less than the working set of 115 GB
    assert found.event("hello")["limit_bytes"] == 1_500_000 * 16_384
    plan = found.event("plan")
    assert plan["overhead_bytes"] == 0  # MLX counts its own memory there, not the process's
    assert max(sample["peak_bytes"] for sample in found.samples("prefill")) <= plan["peak_bytes"]
    assert found.event("ended")["wired_limits"] == []  # random weights are never wired
    record = records_of(found, spec, Host(chip="apple-m4-max-40", host_id="h"))[0]
    assert (record.engine.name, record.engine.backend) == ("mlx-lm", "metal")
    assert (record.host.working_set_bytes, record.host.device_arch) == (115_448_725_504, "applegpu_g16s")
    assert {remark.code for remark in record.remarks} <= {"random-weights", "cache-resident"}


def test_mac_wires_real_weights_and_the_parent_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    save_in_4_bits(folder)
    spec = tiny_spec(
        tmp_path,
        tier="real",
        config=LLAMA_IN_4_BITS,
        path=str(folder),
        depths=(24,),
        memory_limit_bytes=0,
        trial_count=1,
    )
    found = _events(spec, "metal", METAL)
    assert found.event("built")["wired"]
    assert 115_448_725_504 in found.event("ended")["wired_limits"]
    assert found.samples("decode")


def test_a_cards_cache_is_its_own_and_not_the_processors(tmp_path: Path) -> None:
    """A stand-in for the driver, compiled here: it answers as cuDeviceGetAttribute of an H100 does."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler here")
    (tmp_path / "driver.c").write_text(
        "int cuInit(unsigned a) {return 0;} int cuDeviceGet(int *d, int n) {*d = 7; return 0;}"
        "int cuDeviceGetAttribute(int *v, int what, int d) {if (what == 38 && d == 7) *v = 52428800; return 0;}"
    )
    driver = tmp_path / "driver.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", driver, tmp_path / "driver.c"], check=True)
    code = (
        "from measurements.worker import backend; "
        "print([backend.last_level_cache_bytes(one, 480_000_000) for one in ('cuda', 'metal', 'cpu')]); "
        f"backend._CUDA_DRIVER = {str(driver)!r}; print(backend.last_level_cache_bytes('cuda', 480_000_000))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-2:] == ["[0, 480000000, 480000000]", "52428800"]


def test_nvidia_card_is_limited_by_its_own_memory_and_marked_as_treated_unfairly(tmp_path: Path) -> None:
    spec = tiny_spec(tmp_path, memory_limit_bytes=0, trial_count=1)
    found = _events(spec, "cuda", CUDA)
    assert 0 < found.event("hello")["limit_bytes"] <= 25_250_000_000
    record = records_of(found, spec, Host(chip="nvidia-rtx-4090", host_id="h"))[0]
    assert (record.engine.name, record.host.device_arch) == ("mlx-cuda", "sm_89")
    assert "understates this GPU" in record.remarks[0].text


@pytest.mark.parametrize(("text", "count"), [(VM_STAT, 1_500_000 * 16_384), ("", 0), ("vm_stat: not found", 0)])
def test_memory_that_macos_can_give(text: str, count: int) -> None:
    code = f"from measurements.worker.backend import available_bytes_of_vm_stat as f; print(f({text!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert int(done.stdout) == count


def test_every_name_of_mlx_that_the_worker_calls_exists_without_a_deprecation() -> None:
    """The macOS wheel of 0.32.4 states the same names (its mlx/core/*.pyi, read 2026-11-22)."""
    code = """
import re, warnings
from pathlib import Path
warnings.simplefilter("error")
import mlx.core as mx
names = sorted({name for file in ("worker/backend", "worker/tiers", "worker/random_weights", "worker/retrieval",
                "models/mlx_lm_process") for name in
                re.findall(r"\\bmx\\.((?:metal|random|linalg)\\.\\w+|\\w+)",
                           Path(f"measurements/{file}.py").read_text())})
missing = []
for name in names:
    found = mx
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is None and name not in ("metal",): missing.append(name)
assert len(names) > 40, names
assert not missing, missing
for call in (mx.device_info, mx.get_active_memory, mx.get_peak_memory, mx.get_cache_memory, mx.reset_peak_memory,
             mx.clear_cache, mx.metal.is_available):
    call()
print("done")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout.strip() == "done", done.stderr
