"""A real API server: what deploy makes of it, sees in it, leaves alone, and says when it can't."""

import kserve
import pytest
from conftest import World

from registry.environments.reconcile import Hold
from registry.errors import RegistryError

URI = "oci://ghcr.io/octo/models/digits@sha256:"


def shown(world: World) -> dict[str, tuple]:
    found = world.target().running()
    return {model: (one.version, one.healthy, one.trial and one.trial.version) for model, one in found.items()}


def said(world: World, error: RegistryError) -> str:
    return str(error).replace(world.namespace, "NAMESPACE").replace(world.url, "http://ENDPOINT")


def predictor(world: World) -> dict:
    return world.object()["spec"]["predictor"]


def test_a_version_is_applied_proven_and_settled_and_a_second_time_changes_nothing(world: World) -> None:
    assert shown(world) == {}
    world.deploy("1.0.0")
    assert shown(world) == {"digits": ("1.0.0", True, None)}
    before = world.object()
    told = {key: text for key, text in before["metadata"]["labels"].items() if not key.endswith(("owner", "commit"))}
    digest = world.delivery("1.0.0").artifact.sha256
    assert told == {
        "app.kubernetes.io/managed-by": "model-registry", "model-registry/model": "digits",
        "model-registry/version": "1.0.0", "model-registry/digest": digest[:63],
    }  # fmt: skip
    assert before["spec"]["predictor"] == {
        "model": {"modelFormat": {"name": "tensorflow"}, "storageUri": f"{URI}{digest}"}
    }
    world.deploy("1.0.0")
    assert world.object()["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    world.deploy("1.1.0")
    assert shown(world) == {"digits": ("1.1.0", True, None)}
    world.target().hold("digits", Hold("1.0.0", "0", "it did badly", 1.0))
    world.target().remove("digits")
    assert (shown(world), world.object()["code"], world.target().holds()) == ({}, 404, {})


def test_what_is_applied_is_what_the_sdk_of_kserve_knows(world: World) -> None:
    world.write('  replicas: 2\n  service_account: models\n  resources: {requests: {cpu: "1"}}\n')
    world.deploy("1.0.0")
    world.target().begin(world.delivery("1.1.0"), 0.1)
    found = world.object()
    assert found["spec"]["predictor"]["canaryTrafficPercent"] == 10
    assert unknown(kserve.V1beta1InferenceService, {key: found[key] for key in ("apiVersion", "kind", "spec")}) == []
    assert unknown(kserve.V1beta1InferenceService, {"spec": {"predictor": {"storageUri": ""}}}) != []


def unknown(kind: type, found: dict, path: str = "") -> list[str]:
    """Return the fields of an object that a model of the SDK does not have."""
    names = {written: name for name, written in kind.attribute_map.items()}
    wrong = [f"{path}.{key}" for key in found if key not in names]
    for key, part in found.items():
        below = getattr(kserve, kind.openapi_types.get(names.get(key, ""), ""), None)
        wrong += unknown(below, part, f"{path}.{key}") if below and isinstance(part, dict) else []
    return wrong


def test_what_others_change_of_our_fields_is_healed_and_what_they_add_or_scale_is_theirs(
    world: World, capsys: pytest.CaptureFixture
) -> None:
    world.write('  replicas: 2\n  resources: {requests: {cpu: "1000m"}}\n')
    world.deploy("1.0.0")
    added = {"nodeSelector": {"disk": "fast"}, "minReplicas": 7, "maxReplicas": 9}
    world.edit({"metadata": {"annotations": {"team": "vision"}}, "spec": {"predictor": added}}, "keda")
    assert shown(world) == {"digits": ("1.0.0", True, None)}
    world.deploy("1.1.0")
    assert {key: predictor(world)[key] for key in added} == added
    world.edit({"spec": {"predictor": {"model": {"storageUri": "oci://elsewhere", "resources": None}}}})
    assert shown(world) == {"digits": ("1.1.0", False, None)}
    world.deploy("1.1.0")
    assert capsys.readouterr().err == (
        f"InferenceService digits in the namespace {world.namespace} of the cluster: "
        ".spec.predictor.model.storageUri is kubectl-edit's; made ours again\n"
    )
    assert shown(world) == {"digits": ("1.1.0", True, None)}
    assert {key: predictor(world)[key] for key in added} == added
    assert predictor(world)["model"]["resources"] == {"requests": {"cpu": "1000m"}}
    assert world.object()["metadata"]["annotations"]["team"] == "vision"


def test_a_conflict_says_whose_the_field_is_where_drift_is_only_reported(world: World) -> None:
    world.write(drift="report")
    world.deploy("1.0.0")
    world.edit({"spec": {"predictor": {"model": {"storageUri": "oci://elsewhere"}}}})
    with pytest.raises(RegistryError) as refused:
        world.target().begin(world.delivery("1.1.0"), 1.0)
    conflict = (
        "InferenceService digits in the namespace NAMESPACE of the cluster: was changed by others: "
        ".spec.predictor.model.storageUri is kubectl-edit's; take that back, or write drift: heal"
    )
    assert said(world, refused.value) == conflict
    assert predictor(world)["model"]["storageUri"] == "oci://elsewhere"


def test_what_the_environment_says_otherwise_since_is_made_so(world: World) -> None:
    world.deploy("1.0.0")
    world.write("  replicas: 3\n  overrides: {spec: {predictor: {model: {runtime: ours}}}, metadata: {labels: {a: b}}}\n")
    assert shown(world) == {"digits": ("1.0.0", False, None)}
    world.deploy("1.0.0")
    assert (predictor(world)["minReplicas"], predictor(world)["model"]["runtime"]) == (3, "ours")
    assert world.object()["metadata"]["labels"]["a"] == "b"
    world.write()
    assert shown(world) == {"digits": ("1.0.0", False, None)}
    world.deploy("1.0.0")
    assert "minReplicas" not in predictor(world) and shown(world) == {"digits": ("1.0.0", True, None)}


BADLY = {
    "never": (
        {"pace": None}, "is not ready within 3 s: the revision is being made"),
    "unloadable": (
        {"fails": {"1.1.0"}}, "can't become ready: Container failed with: no model at /mnt/models"),
}  # fmt: skip


@pytest.mark.parametrize("how", BADLY)
def test_what_does_not_become_ready_is_put_back(world: World, how: str) -> None:
    world.write(within="3s")
    with_first, text = BADLY[how]
    world.deploy("1.0.0")
    vars(world.played).update(with_first)
    with pytest.raises(RegistryError) as refused:
        world.target().begin(world.delivery("1.1.0"), 1.0)
    assert said(world, refused.value).startswith(f"digits 1.1.0 in the namespace NAMESPACE of the cluster: {text}")
    assert world.played.told[-1] == "digits 1.0.0"
    if how == "never":  # then what ran is not ready either, and says so
        assert "what ran before is not back yet; run the same again" in str(refused.value)
        world.played.pace = 1
        world.deploy("1.0.0")
    assert shown(world) == {"digits": ("1.0.0", True, None)}


def test_a_version_that_answers_wrongly_is_put_back_and_a_first_one_goes(world: World) -> None:
    world.played.lies |= {"1.0.0", "1.1.0"}
    with pytest.raises(RegistryError) as refused:
        world.target().begin(world.delivery("1.0.0"), 1.0)
    wrong = "answers golden inputs otherwise than when it was judged (difference"
    assert said(world, refused.value).startswith(
        f"http://ENDPOINT/v1/models/digits/versions/1000000:predict: {wrong}"
    )
    assert (shown(world), world.object()["code"]) == ({}, 404)
    world.played.lies = {"1.1.0"}
    world.deploy("1.0.0")
    with pytest.raises(RegistryError, match="versions/1001000:predict: answers golden inputs otherwise"):
        world.target().begin(world.delivery("1.1.0"), 1.0)
    assert shown(world) == {"digits": ("1.0.0", True, None)}
    assert world.played.split == {"digits": {"1.0.0": 100}}


def test_a_connection_that_breaks_while_a_version_is_proven_is_no_fault_of_it(world: World) -> None:
    world.played.breaks = 2
    world.deploy("1.0.0")
    assert (world.played.breaks, shown(world)) == (0, {"digits": ("1.0.0", True, None)})


def test_an_endpoint_that_answers_html_is_said_to_be_none(world: World) -> None:
    world.write(within="2s")
    world.played.is_html = True
    with pytest.raises(RegistryError) as refused:
        world.target().begin(world.delivery("1.0.0"), 1.0)
    assert said(world, refused.value) == (
        "digits 1.0.0 in the namespace NAMESPACE of the cluster: is not ready within 2 s: http://ENDPOINT/v1/models/digits: "
        "answers 200 with HTML, as no model server does; check target.endpoint"
    )
    assert shown(world) == {}


def test_a_canary_gets_its_share_and_is_settled_or_put_back_without_a_request_to_it(world: World) -> None:
    world.deploy("1.0.0")
    world.target().begin(world.delivery("1.1.0"), 0.1)
    trial = world.target().running()["digits"]
    assert (trial.version, trial.healthy, trial.trial.version, trial.trial.share) == ("1.0.0", True, "1.1.0", 0.1)
    assert world.played.split == {"digits": {"1.1.0": 10, "1.0.0": 90}}
    world.target().put_back("digits")
    assert shown(world) == {"digits": ("1.0.0", True, None)}
    assert world.played.split == {"digits": {"1.0.0": 100}}
    assert world.played.seen == [{"1.0.0": 100}, {"1.1.0": 10, "1.0.0": 90}, {"1.0.0": 100}]
    world.target().begin(world.delivery("1.1.0"), 0.25)
    world.target().widen("digits")
    assert world.target().running()["digits"].trial.share == 1
    assert world.played.split == {"digits": {"1.1.0": 100}}
    world.target().settle("digits")
    assert shown(world) == {"digits": ("1.1.0", True, None)}
    world.played.lies = {"1.2.0"}
    with pytest.raises(RegistryError, match="/latest/v1/models/digits/versions/1002000:predict: answers golden inputs"):
        world.target().begin(world.delivery("1.2.0"), 0.1)
    assert shown(world) == {"digits": ("1.1.0", True, None)}


def test_kserve_without_knative_knows_no_canary_and_nothing_is_touched(world: World) -> None:
    world.played.mode = "RawDeployment"
    world.deploy("1.0.0")
    before = world.object()
    with pytest.raises(RegistryError, match="serves it in the mode RawDeployment, which knows no canary; leave rollout out"):
        world.target().begin(world.delivery("1.1.0"), 0.1)
    assert world.object() == before
