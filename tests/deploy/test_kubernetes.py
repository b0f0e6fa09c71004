"""deploy/kubernetes.yaml and the systemd unit say what the Dockerfile, nginx and the code say."""

import re
from typing import Any

import yaml

from deploy.try_image import ROOT, health_command, stages
from measurements.records.spool import FOLDER_VARIABLE
from serving.health import LIVE_PATH, READY_PATH

SET, SERVICE, INGRESS = yaml.safe_load_all((ROOT / "deploy/kubernetes.yaml").read_text("utf-8"))
POD: dict[str, Any] = SET["spec"]["template"]["spec"]
PAGE: dict[str, Any] = POD["containers"][0]
UNIT = (ROOT / "deploy/systemd/local-llm-tco@.service").read_text("utf-8")
NGINX = (ROOT / "deploy/nginx/page.conf").read_text("utf-8")


def test_pod_runs_as_the_images_user_on_a_read_only_tree() -> None:
    _, last = stages()
    security = POD["securityContext"]
    assert last.all("USER") == [f"{security['runAsUser']}:{security['runAsGroup']}"]
    assert security["runAsNonRoot"] is True
    assert PAGE["securityContext"]["readOnlyRootFilesystem"] is True
    assert PAGE["securityContext"]["capabilities"]["drop"] == ["ALL"]
    assert {"name": "tmp", "mountPath": "/tmp"} in PAGE["volumeMounts"]


def test_probes_ask_what_the_health_check_asks_and_not_for_the_database() -> None:
    _, last = stages()
    ready, live = PAGE["readinessProbe"]["httpGet"], PAGE["livenessProbe"]["httpGet"]
    assert ready["path"] == f"{READY_PATH}?need=catalogue"
    assert ready["path"] in health_command(last)[-1]
    assert live["path"] == LIVE_PATH
    assert {str(ready["port"]), str(live["port"])} == set(last.all("EXPOSE"))
    assert ready["httpHeaders"] == live["httpHeaders"] == [{"name": "Host", "value": "localhost"}]


def test_visitors_find_the_pods_and_stay_on_one() -> None:
    assert SERVICE["spec"]["selector"] == SET["spec"]["template"]["metadata"]["labels"]
    assert SERVICE["spec"]["ports"][0]["targetPort"] == PAGE["ports"][0]["containerPort"]
    (rule,) = INGRESS["spec"]["rules"]
    assert rule["http"]["paths"][0]["backend"]["service"]["name"] == SERVICE["metadata"]["name"]
    notes = {key.rsplit("/", 1)[1]: value for key, value in INGRESS["metadata"]["annotations"].items()}
    assert (notes["affinity"], notes["session-cookie-name"]) == ("cookie", "replica")
    assert re.search(rf"client_max_body_size {notes['proxy-body-size']};", NGINX)


def test_hosts_and_secret_are_where_the_code_looks() -> None:
    variables = {one["name"]: one["value"] for one in PAGE["env"]}
    assert variables["TCO_HOSTS"] == INGRESS["spec"]["rules"][0]["host"]
    (mount,) = [one for one in PAGE["volumeMounts"] if one["name"] == "secrets"]
    assert variables["MEASUREMENTS_URL_FILE"] == f"{mount['mountPath']}/measurements_url"
    assert "MEASUREMENTS_URL" not in variables


def test_unit_has_no_root_no_secret_and_a_port_of_its_own() -> None:
    lines = dict(line.split("=", 1) for line in UNIT.splitlines() if "=" in line and not line.startswith("#"))
    assert lines["DynamicUser"] == "yes"
    assert lines["ProtectSystem"] == "strict"
    assert lines["CapabilityBoundingSet"] == ""
    assert "--server.port 850%i" in lines["ExecStart"]
    assert "://" not in UNIT.replace("https://", "")


def test_results_that_wait_for_the_store_outlive_pod_and_service() -> None:
    variables = {one["name"]: one["value"] for one in PAGE["env"]}
    (mount,) = [one for one in PAGE["volumeMounts"] if one["mountPath"] == variables[FOLDER_VARIABLE]]
    claims = [one["metadata"]["name"] for one in SET["spec"]["volumeClaimTemplates"]]
    assert claims == [mount["name"]]
    assert mount["name"] not in [one["name"] for one in POD["volumes"]]
    lines = UNIT.splitlines()
    assert f"Environment={FOLDER_VARIABLE}=%S/local-llm-tco-%i" in lines
    assert "StateDirectory=local-llm-tco-%i" in lines  # one per replica: each has a user of its own
