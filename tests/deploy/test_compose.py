"""compose.yaml and deploy/nginx: the same replicas, no secret in the environment, nothing open to the network."""

import re
from typing import Any

import yaml

from deploy.try_image import ROOT, stages
from measurements.records.spool import FOLDER_VARIABLE
from serving.clients import networks

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
NGINX = ROOT / "deploy/nginx"


def test_proxy_knows_the_replicas_and_their_port() -> None:
    named = re.findall(r"^server ([\w-]+):(\d+) ", (NGINX / "replicas.conf").read_text("utf-8"), re.M)
    _, last = stages()
    assert [name for name, _ in named] == [name for name in SERVICES if name.startswith("page-")]
    assert {port for _, port in named} == set(last.all("EXPOSE"))


def test_page_is_published_on_the_loopback_address_alone() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    listens = re.findall(r"^listen (\d+);", (NGINX / "listen.conf").read_text("utf-8"), re.M)
    assert published == {"proxy": [f"127.0.0.1:8080:{listens[0]}"]}


def test_replicas_may_write_nowhere_and_gain_nothing() -> None:
    for name in ("page-1", "page-2"):
        page = SERVICES[name]
        assert page["read_only"] is True
        assert page["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in page["security_opt"]
        assert page["mem_limit"]
        assert page["pids_limit"]


def test_secrets_come_from_files_alone() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            assert "PASSWORD" not in variable or variable.endswith("_FILE"), f"{name}: {variable}"
            assert "://" not in str(value)
        for secret in service.get("secrets", ()):
            assert secret in COMPOSE["secrets"]
    assert "/secrets/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_files_that_are_mounted_exist() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).is_file()


def test_everything_waits_for_what_it_needs() -> None:
    assert set(SERVICES["proxy"]["depends_on"]) == {"page-1", "page-2"}
    for name in ("page-1", "page-2"):
        assert SERVICES[name]["depends_on"] == {"database": {"condition": "service_healthy"}}
    _, last = stages()
    assert last.all("HEALTHCHECK")
    assert SERVICES["database"]["healthcheck"]


def test_replicas_believe_the_proxy_about_who_asks() -> None:
    (network,) = COMPOSE["networks"]["default"]["ipam"]["config"]
    assert SERVICES["page-1"]["environment"]["TCO_PROXIES"] == network["subnet"]
    assert networks(network["subnet"])


def test_results_that_wait_for_the_store_outlive_the_container() -> None:
    _, last = stages()
    (made,) = [line for line in last.all("RUN") if "install -d" in line]
    user, group = last.all("USER")[0].split(":")
    for name in ("page-1", "page-2"):
        page = SERVICES[name]
        folder = page["environment"][FOLDER_VARIABLE]
        assert [volume.split(":") for volume in page["volumes"]] == [["waiting", folder]]
        assert folder == last.environment()[FOLDER_VARIABLE]
        assert f"install -d -o {user} -g {group} -m 700 {folder}" in made  # a new volume gets the folder's owner
        assert not [one for one in page["tmpfs"] if folder.startswith(one.split(":")[0])]
    assert "waiting" in COMPOSE["volumes"]
