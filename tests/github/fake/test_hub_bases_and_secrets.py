"""The GitHub of the tests tells which pull requests got another base, which branches may deploy, and what is secret."""

from hub import Hub
from hub.caller import Caller


def test_another_base_is_an_event_of_the_pull_request(octo: Caller) -> None:
    octo.write("README.md", "hello\n")
    octo.pull("topic")
    octo.branch("dev", octo.head())
    assert octo.get("/issues/1/events") == []
    octo.patch("/pulls/1", base="main", title="another")
    octo.patch("/pulls/1", base="dev")
    (one,) = octo.get("/issues/1/events")
    assert (one["event"], one["actor"]["login"]) == ("base_ref_changed", "octo")
    octo.get("/issues/2/events", 404)


def test_branches_may_deploy_once_an_environment_asks_which(octo: Caller) -> None:
    place, custom = "/environments/registry", {"protected_branches": False, "custom_branch_policies": True}
    policies = f"{place}/deployment-branch-policies"
    octo.get(policies, 404)
    octo.put(place)
    octo.post(policies, 404, name="main")
    octo.put(place, deployment_branch_policy=custom)
    octo.post(policies, 200, name="main")
    octo.post(policies, 303, name="main")
    assert [one["name"] for one in octo.get(policies)["branch_policies"]] == ["main"]
    assert octo.get(place)["deployment_branch_policy"] == custom


def test_the_names_of_secrets_take_a_permission_of_their_own(hub: Hub, octo: Caller) -> None:
    hub.repository.secrets, hub.repository.organization_secrets = ["ONE"], ["TWO"]
    found = [octo.get(f"/actions/{kind}")["secrets"] for kind in ("secrets", "organization-secrets")]
    assert [[one["name"] for one in those] for those in found] == [["ONE"], ["TWO"]]
    Caller(hub, hub.user("admin", {"administration": "write"})).get("/actions/secrets", 403)
