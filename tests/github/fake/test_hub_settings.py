"""The GitHub of the tests keeps runs, deployments and settings, and refuses what GitHub refuses."""

import hashlib
import io
import zipfile

import pytest
from hub import Hub
from hub.caller import Caller
from rulesets import RULES, message, require_gate


@pytest.fixture
def octo(octo: Caller) -> Caller:
    octo.write("README.md", "hello\n")
    return octo


class TestActions:
    @pytest.fixture
    def run(self, hub: Hub, octo: Caller) -> dict:
        pull = octo.pull("topic")
        return hub.add_run(".github/workflows/check.yml", "pull_request", pull["head"]["sha"], "topic")

    def test_a_run_is_found_by_what_it_ran_for(self, octo: Caller, run: dict) -> None:
        found = octo.get("/actions/runs", head_sha=run["head_sha"], event="pull_request")
        assert (found["total_count"], found["workflow_runs"][0]["path"]) == (1, ".github/workflows/check.yml")
        assert found["workflow_runs"][0]["pull_requests"][0]["number"] == 1
        assert octo.get("/actions/workflows/check.yml/runs")["total_count"] == 1
        assert octo.get("/actions/runs", event="push")["total_count"] == 0

    def test_an_artifact_comes_from_another_host_until_it_expires(self, hub: Hub, octo: Caller, run: dict) -> None:
        artifact = hub.add_artifact(run, "candidate-digits", {"report.json": b"{}"})
        (listed,) = octo.get(f"/actions/runs/{run['id']}/artifacts", name="candidate-digits")["artifacts"]
        got = octo.call("GET", listed["archive_download_url"])
        assert got.url.startswith(hub.storage.base)
        assert f"sha256:{hashlib.sha256(got.content).hexdigest()}" == listed["digest"]
        assert zipfile.ZipFile(io.BytesIO(got.content)).read("report.json") == b"{}"
        Caller(hub).call("GET", listed["archive_download_url"], 401)
        artifact["expired"] = True
        assert octo.get(f"/actions/artifacts/{artifact['id']}/zip", 410)["message"] == "Artifact has expired"

    def test_dispatches_are_kept(self, hub: Hub, octo: Caller, run: dict) -> None:
        octo.post("/actions/workflows/check.yml/dispatches", 204, ref="main", inputs={"model": "digits"})
        octo.post("/dispatches", 204, event_type="go", client_payload={"a": 1})
        assert [one.payload for one in hub.repository.dispatches] == [
            {"workflow": ".github/workflows/check.yml", "inputs": {"model": "digits"}},
            {"a": 1},
        ]
        octo.post("/actions/workflows/nope.yml/dispatches", 404, ref="main")
        octo.post("/actions/workflows/check.yml/dispatches", 422, ref="nowhere")

    def test_a_run_that_waits_can_be_approved(self, octo: Caller, run: dict) -> None:
        octo.post(f"/actions/runs/{run['id']}/approve", 403)
        run["conclusion"] = "action_required"
        octo.post(f"/actions/runs/{run['id']}/approve", 201)
        assert octo.get(f"/actions/runs/{run['id']}")["status"] == "queued"


def test_a_deployment_that_succeeds_makes_the_one_before_inactive(octo: Caller) -> None:
    for _ in range(2):
        one = octo.post("/deployments", ref="main", environment="staging", required_contexts=[], auto_merge=False)
        octo.post(f"/deployments/{one['id']}/statuses", state="success")
    second, first = octo.get("/deployments", environment="staging")
    assert octo.get(f"/deployments/{first['id']}/statuses")[0]["state"] == "inactive"
    assert octo.get(f"/deployments/{second['id']}/statuses")[0]["state"] == "success"
    assert [one["name"] for one in octo.get("/environments")["environments"]] == ["staging"]


def test_a_private_repository_on_a_free_plan_has_no_rules(hub: Hub, octo: Caller) -> None:
    hub.repository.private = hub.repository.free = True
    for path in ("/rulesets", "/rules/branches/main", "/branches/main/protection"):
        assert "Upgrade to GitHub Pro" in octo.get(path, 403)["message"]


def test_settings_are_read_and_set(octo: Caller) -> None:
    require_gate(octo)
    assert [one["type"] for one in octo.get("/rules/branches/main")] == ["required_status_checks"]
    assert octo.get("/branches/main")["protected"]
    octo.get("/branches/main/protection", 404)
    assert "must be unique" in message(octo.post("/rulesets", 422, **RULES))
    octo.get("/actions/permissions/selected-actions", 409)
    octo.put("/actions/permissions", 204, enabled=True, allowed_actions="selected")
    assert octo.get("/actions/permissions/selected-actions") == {"github_owned_allowed": False, "patterns_allowed": []}
    octo.patch("", delete_branch_on_merge=True)
    assert octo.get("")["delete_branch_on_merge"]
    octo.put("/environments/production", wait_timer=30)
    assert octo.get("/environments/production")["protection_rules"][0]["wait_timer"] == 30
