"""Facts of this machine, read from the output of its own tools."""

import platform
from pathlib import Path

from measurements.records.host import host_id, last_level_cache_bytes, linux_host, mac_host, this_host, windows_host

CHIPS = ("apple-m2-ultra-76", "nvidia-rtx-4090")


DISPLAYS = """Graphics/Displays:
    Apple M2 Ultra:
      Chipset Model: Apple M2 Ultra
      Total Number of Cores: 76
      Metal Support: Metal 4
"""


def _mac(**changes: str):  # type: ignore[no-untyped-def]
    sysctl = {
        "machdep.cpu.brand_string": "Apple M2 Ultra",
        "hw.memsize": "206158430208",
        "iogpu.wired_limit_mb": "180000",
        "kern.osproductversion": "26.1",
        "kern.osversion": "25B78",
        "hw.perflevel0.l2cachesize": "33554432",
    }
    texts = {
        "displays": DISPLAYS,
        "battery": "Now drawing from 'AC Power'\n",
        "settings": "System-wide power settings:\n powermode            2\n",
        "thermal": "CPU_Scheduler_Limit \t= 100\nCPU_Speed_Limit \t= 88\n",
    }
    return mac_host(sysctl, chips=CHIPS, **(texts | changes))


def test_mac_is_recognised_by_name_and_core_count() -> None:
    found = _mac()
    assert (found.chip, found.gpu_core_count, found.memory_bytes) == ("apple-m2-ultra-76", 76, 192 * 2**30)
    assert (found.wired_limit_mib, found.power_mode, found.power_source, found.thermal) == (
        180_000,
        "high",
        "AC Power",
        "CPU speed limit 88 %",
    )
    assert (found.os, found.os_version, found.os_build) == ("macOS", "26.1", "25B78")


def test_mac_that_the_catalogue_does_not_know_keeps_its_own_name() -> None:
    assert _mac(displays=DISPLAYS.replace("76", "60")).chip == "apple-m2-ultra-60"


def test_mac_that_tells_nothing_gives_empty_fields_not_guesses() -> None:
    found = mac_host({}, displays="", battery="", settings="", thermal="")
    assert (found.chip, found.gpu_core_count, found.memory_bytes, found.power_mode) == ("", 0, 0, "")


def test_linux_with_two_cards_counts_them_and_reads_their_limit() -> None:
    gpus = "NVIDIA GeForce RTX 4090, 24564 MiB, 450.00 W\nNVIDIA GeForce RTX 4090, 24564 MiB, 450.00 W\n"
    found = linux_host(
        cpu_info="model name\t: AMD Ryzen\n",
        memory_info="MemTotal:       65842176 kB\n",
        os_release='ID=ubuntu\nVERSION_ID="24.04"\n',
        gpus=gpus,
        governor="performance\n",
        chips=CHIPS,
    )
    assert (found.chip, found.chip_count, found.memory_bytes) == ("nvidia-rtx-4090", 2, 24564 * 2**20)
    assert (found.os_version, found.power_mode) == ("24.04", "limit 450.00 W")


def test_linux_without_gpu_is_named_by_its_processor() -> None:
    found = linux_host(
        cpu_info="model name\t: AMD EPYC\n", memory_info="MemTotal: 1000 kB", os_release="", gpus="", governor=""
    )
    assert (found.chip, found.chip_name, found.memory_bytes) == ("amd-epyc", "AMD EPYC", 1_024_000)


def test_linux_is_named_as_its_release_file_says_quoted_or_not() -> None:
    names: list[str] = []
    for release in ('ID="rhel"\nVERSION_ID="9.4"\n', "ID=debian\nVERSION_ID='12'\n", ""):
        found = linux_host(cpu_info="", memory_info="", os_release=release, gpus="", governor="")
        assert found.os_build.endswith(platform.release())
        names.append(found.system_name())
    assert names == ["RHEL 9.4 (Linux)", "Debian 12 (Linux)", "Linux"]


def test_last_level_cache_is_the_largest_of_the_first_core(tmp_path: Path) -> None:
    for number, size in enumerate(("32K", "1024K", "32M")):
        (tmp_path / f"index{number}").mkdir()
        (tmp_path / f"index{number}" / "size").write_text(size + "\n")
    assert last_level_cache_bytes(tmp_path) == 32 * 2**20
    assert last_level_cache_bytes(tmp_path / "none") == 0


def test_this_machine_has_a_stable_id_that_tells_nothing() -> None:
    assert this_host().host_id == host_id() == this_host().host_id
    assert len(host_id()) == 16


def test_windows_machine_is_named_after_its_card_else_after_its_processor() -> None:
    facts = {"cpu": "AMD Ryzen 9 7950X", "memory_bytes": 64 * 2**30, "version": "11 10.0.26100"}
    with_card = windows_host(**facts, gpus="NVIDIA GeForce RTX 4090, 24564 MiB, 450.00 W\n", chips=CHIPS)
    assert (with_card.chip, with_card.memory_bytes, with_card.power_mode) == (
        "nvidia-rtx-4090",
        24564 * 2**20,
        "limit 450.00 W",
    )
    without = windows_host(**facts, gpus="", chips=CHIPS)
    assert (without.chip, without.memory_bytes) == ("amd-ryzen-9-7950x", 64 * 2**30)
    assert (without.os, without.os_version, without.os_build) == ("Windows", "11", "10.0.26100")
