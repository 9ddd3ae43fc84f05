"""Objects from a pin and an environment, and what a cluster says of them, without a cluster."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.kube import objects, overlays, states
from registry.kube.objects import Attempt, Standing, Version

OWNED = {"owner": "o" * 40, "environment": "production", "repository": "octo/models"}
ONE = Version("1.0.0", "1" * 64, f"ghcr.io/octo/models/digits@sha256:{'a' * 64}", "c" * 40, "litert")
TWO = Version("1.1.0", "2" * 64, f"ghcr.io/octo/models/digits@sha256:{'b' * 64}", "d" * 40, "litert")
KSERVE = {"type": "kubernetes", "namespace": "models", "endpoint": "http://localhost"}
PLAIN = KSERVE | {"serve_with": "deployment", "image": f"ghcr.io/octo/serving@sha256:{'e' * 64}"}
STANDINGS = [Standing(ONE), Standing(ONE, ONE), Standing(TWO, ONE, Attempt(12.5, 0.1)),
             Standing(TWO, None, Attempt(12.5, 1.0, True)), Standing(ONE, ONE, None, True)]  # fmt: skip


def test_kserve_gets_an_object_that_says_all_of_its_version() -> None:
    target = KSERVE | {"service_account": "models", "replicas": 2, "resources": {"requests": {"cpu": "1"}}}
    (made,) = objects.render(target, "digits", Standing(TWO, ONE, Attempt(12.5, 0.1)), OWNED)
    notes = made["metadata"].pop("annotations")
    assert made == {
        "apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
        "metadata": {
            "name": "digits", "namespace": "models",
            "labels": {
                "app.kubernetes.io/managed-by": "model-registry", "model-registry/owner": "o" * 40,
                "model-registry/model": "digits", "model-registry/version": "1.1.0",
                "model-registry/digest": "2" * 63, "model-registry/commit": "d" * 40,
            },
        },
        "spec": {"predictor": {
            "canaryTrafficPercent": 10, "minReplicas": 2, "serviceAccountName": "models",
            "model": {
                "modelFormat": {"name": "tensorflow"}, "storageUri": f"oci://{TWO.image}",
                "resources": {"requests": {"cpu": "1"}},
            },
        }},
    }  # fmt: skip
    assert json.loads(notes["model-registry/settled"])["version"] == "1.0.0"
    assert notes["model-registry/repository"] == "octo/models"
    assert notes["serving.kserve.io/enable-tag-routing"] == "true"


def test_a_deployment_mounts_the_image_and_its_service_finds_the_pods() -> None:
    made, service = objects.render(PLAIN, "digits", Standing(ONE, ONE), OWNED)
    pod = made["spec"]["template"]["spec"]
    assert pod["volumes"] == [{"name": "artifact", "image": {"reference": ONE.image}}]
    assert pod["containers"][0]["args"][:2] == ["--path", "/mnt/artifact/models"]
    assert "replicas" not in made["spec"] and made["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert service["spec"]["selector"].items() <= made["spec"]["template"]["metadata"]["labels"].items()
    assert made["metadata"]["labels"] == service["metadata"]["labels"]


@pytest.mark.parametrize("target", [KSERVE, PLAIN])
@pytest.mark.parametrize("about", STANDINGS)
def test_an_object_tells_what_it_is_about(target: dict, about: Standing) -> None:
    assert objects.standing(objects.render(target, "digits", about, OWNED)[0]) == about


SOUND = json.dumps(vars(ONE))
DAMAGED = [
    {}, {"serves": "{"}, {"serves": "[]"}, {"serves": '{"version": "1.0.0"}'}, {"serves": "7"}, {"serves": "[" * 100_000},
    *({"serves": json.dumps(vars(ONE) | wrong)} for wrong in ({"version": "latest"}, {"version": 7}, {"image": None}, {"a": "b"})),
    {"serves": SOUND, "settled": '{"version": []}'},
    *({"serves": SOUND, "trial": json.dumps({"since": 1.5, "share": 0.1, "is_proven": True} | wrong)}
      for wrong in ({"since": float("nan")}, {"since": float("inf")}, {"since": "x"}, {"share": 2}, {"share": None})),
]  # fmt: skip


@pytest.mark.parametrize("notes", DAMAGED)
def test_what_was_damaged_by_hand_tells_nothing(notes: dict) -> None:
    found = {"metadata": {"annotations": {f"model-registry/{name}": text for name, text in notes.items()}}}
    assert objects.standing(found) is None


def test_overrides_come_last_name_by_name_and_take_away_but_what_an_object_is_found_by() -> None:
    overrides = {
        "metadata": {"name": "others", "labels": {"model-registry/owner": "x", "team": "vision"}},
        "spec": {"replicas": None, "template": {"spec": {"containers": [
            {"name": "serving", "args": ["--path", "/elsewhere"], "env": [{"name": "A", "value": "b"}]}, {"name": "proxy", "image": "i"},
        ]}}},
    }  # fmt: skip
    plain, _ = objects.render(PLAIN | {"replicas": 3}, "digits", Standing(ONE), OWNED)
    made, _ = objects.render(PLAIN | {"replicas": 3, "overrides": overrides}, "digits", Standing(ONE), OWNED)
    assert (plain["spec"]["replicas"], "replicas" in made["spec"]) == (3, False)
    serving, proxy = made["spec"]["template"]["spec"]["containers"]
    assert (serving["args"], serving["image"], proxy) == (["--path", "/elsewhere"], PLAIN["image"], {"name": "proxy", "image": "i"})
    assert made["metadata"]["name"] == "digits" and made["metadata"]["labels"]["team"] == "vision"
    assert made["metadata"]["labels"]["model-registry/owner"] == "o" * 40
    written = [one["metadata"]["annotations"]["model-registry/written"] for one in (plain, made)]
    assert written[0] != written[1]


@pytest.mark.parametrize("overrides, fields", [
    ({"spec": {"predictor": {"model": {"runtime": "ours", "args": ["a"]}, "minReplicas": None}}, "metadata": {"labels": {"a": "b"}}}, []),
    ({"kind": "Pod", "apiVersion": None}, ["kind", "apiVersion"]),
    ({"metadata": {"name": "a", "namespace": "b", "uid": "c"}}, ["metadata.name", "metadata.namespace"]),
    ({"metadata": {"labels": {"model-registry/x": "y", "app.kubernetes.io/managed-by": "helm", "app.kubernetes.io/name": "a"}}},
     ["metadata.labels.model-registry/x", "metadata.labels.app.kubernetes.io/managed-by"]),
    ({"metadata": {"annotations": {"model-registry/returning": "true", "team": "vision"}}}, ["metadata.annotations.model-registry/returning"]),
    *(({"spec": spec}, [f"spec{rest}"]) for spec, rest in (
        (None, ""), ({"predictor": 7}, ".predictor"), ({"predictor": {"model": None, "containers": []}}, ".predictor.model"),
        ({"predictor": {"model": {"storageUri": "s3://a"}}}, ".predictor.model.storageUri"),
        ({"predictor": {"canaryTrafficPercent": 10}}, ".predictor.canaryTrafficPercent"))),
    ({"metadata": {}, "spec": {"predictor": {}}}, []),
])  # fmt: skip
def test_overrides_of_what_deploy_decides_are_told(overrides: dict, fields: list[str]) -> None:
    assert [".".join(path) for path in objects.overridden(KSERVE | {"overrides": overrides})] == fields


@pytest.mark.parametrize("pod, field", [
    ({"volumes": [{"name": "artifact", "emptyDir": {}}]}, "volumes.artifact.emptyDir"), ({"volumes": []}, "volumes"),
    ({"volumes": [{"name": "more", "emptyDir": {}}, {"name": "artifact"}]}, None), ({"volumes": [{"name": 7}]}, "volumes"),
])  # fmt: skip
def test_the_artifact_of_a_deployment_is_not_overridden(pod: dict, field: str | None) -> None:
    found = objects.overridden(PLAIN | {"overrides": {"spec": {"template": {"spec": pod}}}})
    assert found == ([("spec", "template", "spec", *field.split("."))] if field else [])


PARTS = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda below: st.dictionaries(st.sampled_from("abcd"), below) | st.lists(below, max_size=3),
    max_leaves=8,
)


@given(PARTS, PARTS)
def test_what_was_merged_in_is_there_and_a_second_time_changes_nothing(one: object, other: object) -> None:
    merged = overlays.merge(one, other)
    assert overlays.merge(merged, other) == merged
    assert objects.differences(merged, merged) == []
    if isinstance(other, dict):
        assert objects.differences(overlays.merge({}, other), merged) == []


def test_differences_are_of_our_fields_only_and_not_of_how_much_it_is_scaled() -> None:
    ours = {"spec": {"replicas": 2, "image": "a", "containers": [{"name": "one", "args": ["x"]}]}}
    theirs = {"spec": {"replicas": 7, "image": "b", "paused": True, "containers": [{"name": "two"}, {"name": "one", "args": []}]}}
    assert objects.differences(ours, theirs) == [".spec.image", '.spec.containers[name="one"].args']
    assert objects.differences(ours, {}) == [".spec"]
    assert objects.without(ours, {".spec.replicas"})["spec"].keys() == {"image", "containers"}


@pytest.mark.parametrize("model, is_fine", [("digits", True), ("a-1", True), ("a_b", False), ("a-", False), ("a" * 63, True)])
def test_a_name_that_kubernetes_does_not_take_is_told(model: str, is_fine: bool) -> None:
    assert (objects.fault(model) is None) == is_fine


READY = {"type": "Ready", "status": "True"}
LATEST = {"components": {"predictor": {"latestCreatedRevision": "d-2", "latestReadyRevision": "d-1"}}}
FAILED = {"modelStatus": {"transitionStatus": "BlockedByFailedLoad", "lastFailureInfo": {"reason": "ModelLoadFailed"}}}
# statuses as KServe 0.16 and Kubernetes 1.36 write them
SHAPES = {
    "nothing yet": ({}, (False, None, "its controller has not looked at it yet")),
    "an older one": ({"observedGeneration": 1, "conditions": [READY]}, (True, None, "its controller has not looked at it yet")),
    "ready": ({"observedGeneration": 2, "conditions": [READY]}, (True, None, "Ready is True")),
    "the revision before": ({"observedGeneration": 2, "conditions": [READY], **LATEST}, (False, None, "Ready is True")),
    "pulling": (
        {"observedGeneration": 2, "conditions": [{"type": "Ready", "status": "Unknown", "message": "waits for an image"}]},
        (False, None, "waits for an image")),
    "failed": ({"observedGeneration": 2, "conditions": [], **FAILED}, (False, "ModelLoadFailed", "Ready is not told")),
    "failed before": ({"observedGeneration": 1, "conditions": [], **FAILED}, (False, None, "its controller has not looked at it yet")),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_what_kserve_says_is_understood(shape: str) -> None:
    status, wanted = SHAPES[shape]
    found = {"kind": "InferenceService", "metadata": {"generation": 2}, "status": status}
    assert (states.is_ready(found), states.stuck(found), states.told(found)) == wanted


STATUS = ["status", "conditions", "modelStatus", "transitionStatus", "lastFailureInfo", "message", "components", "predictor", "traffic",
          "observedGeneration", "type", "Ready", "reason", "tag", "latest", "url", "True", "BlockedByFailedLoad", "deploymentMode"]  # fmt: skip
WORDS = st.sampled_from(STATUS)
ANYTHING = st.recursive(
    st.none() | st.integers() | WORDS, lambda below: st.dictionaries(WORDS, below) | st.lists(below, max_size=3), max_leaves=12
)


@given(st.sampled_from(["InferenceService", "Deployment"]), ANYTHING)
def test_whatever_a_controller_writes_is_read_and_what_was_seen_before_it_changed_is_not_believed(kind: str, status: object) -> None:
    found = {"kind": kind, "metadata": {"generation": 3}, "spec": {}, "status": status}
    assert isinstance(states.told(found), str) and isinstance(states.is_ready(found), bool)
    assert all(one is None or isinstance(one, str) for one in (states.stuck(found), states.canary(found)))
    assert states.has_canary(found) or states.mode(found) in states.PLAIN
    old = {"observedGeneration": 2, "conditions": [READY | {"status": "False", "message": "it failed"}], **FAILED}
    assert (states.stuck(found | {"status": old}), states.unseen(found | {"status": old})) == (None, states.told(found | {"status": old}))


def test_a_deployment_is_ready_when_its_old_pods_are_gone() -> None:
    counts = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
    found = {"kind": "Deployment", "metadata": {"generation": 1}, "spec": {"replicas": 2}, "status": counts}
    assert states.is_ready(found)
    assert not states.is_ready(found | {"status": counts | {"replicas": 3}})
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
    assert states.stuck(found | {"status": {"observedGeneration": 1, "conditions": [late]}}) == "timed out"
