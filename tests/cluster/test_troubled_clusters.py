"""What else may be wrong with a cluster, or with who asks it: one clear line each, and nothing half-done for long."""

import json
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from conftest import IMAGE, World
from controlplane import ControlPlane

from registry.destinations.interface import Delivery
from registry.environments.reconcile import Hold
from registry.errors import RegistryError
from registry.kube import apiserver, leases, namespace
from registry.kube.apiserver import ApiServer

CROWD, AT_ONCE = 10_000, 16
FOREIGN = {
    "apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
    "spec": {"predictor": {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": "s3://theirs"}}},
}  # fmt: skip


class Killed(BaseException):
    """As a signal that can't be caught: nothing tidies up."""


def shown(world: World) -> dict[str, tuple]:
    found = world.target().running()
    return {model: (one.version, one.healthy, one.trial and one.trial.version) for model, one in found.items()}


def said(world: World, error: RegistryError) -> str:
    return str(error).replace(world.namespace, "NAMESPACE").replace(world.plane.url, "https://SERVER")


def test_objects_of_others_are_never_read_nor_touched_however_many_there_are(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(number: int) -> None:
        world.plane.make(world.path, FOREIGN | {"metadata": {"name": f"theirs-{number}", "labels": {"app": "theirs"}}})

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(make, range(CROWD)))
    world.plane.make(world.path, FOREIGN | {"metadata": {"name": "taken"}})
    world.write(within="120s")
    monkeypatch.setattr(apiserver, "PAGE", 2)  # so that our own are several pages
    target, own = world.target(), [f"digits-{number}" for number in range(3)]
    for model in own:
        target.begin(world.delivery("1.0.0", model), 1.0)
        target.settle(model)
    assert shown(world) == dict.fromkeys(own, ("1.0.0", True, None))
    strangers = target.strangers(["digits-0", "new", "taken"])
    assert {model: said(world, RegistryError(one)) for model, one in strangers.items()} == {
        "taken": "InferenceService taken in the namespace NAMESPACE of the cluster: was not put there by this environment, "
                 "so it is left alone; take it away, or choose another target.namespace",
    }  # fmt: skip
    with pytest.raises(RegistryError, match="was not put there by this environment"):
        target.begin(world.delivery("1.0.0", "taken"), 1.0)
    target.remove("taken")
    assert world.object("taken")["spec"] == FOREIGN["spec"]


def test_what_a_role_forbids_is_said_with_what_it_lacks(world: World) -> None:
    world.deploy("1.0.0")
    world.plane.kubeconfig(world.config, "reader")
    assert shown(world) == {"digits": ("1.0.0", True, None)}
    with pytest.raises(RegistryError) as refused:
        world.target().begin(world.delivery("1.1.0"), 1.0)
    assert said(world, refused.value) == (
        "PATCH /apis/serving.kserve.io/v1beta1/namespaces/NAMESPACE/inferenceservices/digits: "
        'inferenceservices.serving.kserve.io "digits" is forbidden: User "reader" cannot patch resource "inferenceservices" '
        'in API group "serving.kserve.io" in the namespace "NAMESPACE"; let the role of who deploys allow that: '
        "environments/TARGETS.md has one"
    )
    with pytest.raises(RegistryError, match='User "reader" cannot create resource "leases"'), world.target().locked():
        raise AssertionError
    world.plane.kubeconfig(world.config, "nobody")
    with pytest.raises(RegistryError, match="Unauthorized; the login is missing, wrong or expired"):
        world.target().running()
    assert world.object()["metadata"]["labels"]["model-registry/version"] == "1.0.0"


def test_a_program_that_a_kubeconfig_names_logs_in(world: World) -> None:
    token = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "deployer"}}
    config = json.loads(world.config.read_text())
    program = {"command": sys.executable, "args": ["-c", f"print({json.dumps(json.dumps(token))})"], "interactiveMode": "Never"}
    config["users"][0]["user"] = {"exec": program | {"apiVersion": token["apiVersion"]}}
    world.config.write_text(json.dumps(config))
    assert shown(world) == {}


def test_a_kubeconfig_that_leads_nowhere_is_said_so(world: World) -> None:
    world.write("  context: elsewhere\n")
    with pytest.raises(RegistryError, match="`kubectl config get-contexts` lists what target.context may be"):
        world.target()
    world.config.write_text("{")
    with pytest.raises(RegistryError, match="can't be read: .*; look at it with `kubectl config view`"):
        world.target()
    world.config.unlink()
    world.write()
    with pytest.raises(RegistryError, match="; write a kubeconfig, name one in KUBECONFIG, or run this in the cluster"):
        world.target()


def test_an_api_server_that_is_killed_while_it_applies_leaves_what_the_next_deploy_mends(world: World) -> None:
    world.deploy("1.0.0")
    world.write(within="3s")
    world.played.pace = None
    killed = threading.Event()

    def kill() -> None:
        while world.played.told[-1] != "digits 1.1.0":
            pass
        world.plane.kill()
        killed.set()

    killing = threading.Thread(target=kill)
    killing.start()
    try:
        with pytest.raises(RegistryError) as refused:
            world.target().begin(world.delivery("1.1.0"), 1.0)
        assert "https://SERVER does not answer: the connection could not be made, or broke" in said(world, refused.value)
        assert said(world, refused.value).endswith("digits: what ran before is not back yet; run the same again")
        with pytest.raises(RegistryError, match="does not answer"):
            world.target().running()
    finally:
        killing.join()
        world.plane.start()
    world.write()
    world.played.pace = 1
    assert killed.is_set() and shown(world) == {"digits": ("1.0.0", False, None)}
    world.deploy("1.1.0")
    assert shown(world) == {"digits": ("1.1.0", True, None)}


STEPS: dict[str, Callable[[World], None]] = {
    "begin": lambda world: world.target().begin(world.delivery("1.1.0"), 1.0),
    "put_back": lambda world: world.target().put_back("digits"),
    "remove": lambda world: world.target().remove("digits"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_deploy_that_is_killed_before_any_call_converges(
    world: World, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill between two calls is all that there is: each changes one object in one step."""
    send, count = ApiServer._send, 0
    while True:
        world.deploy("1.0.0")
        if step != "begin":
            world.target().begin(world.delivery("1.1.0"), 0.1 if step == "put_back" else 1.0)
        left = count = count + 1

        def killing(server: ApiServer, *words: object) -> object:
            nonlocal left
            if words[0] != "GET":
                left -= 1
                if left == 0:
                    raise Killed
            return send(server, *words)

        with monkeypatch.context() as patched:
            patched.setattr(ApiServer, "_send", killing)
            try:
                STEPS[step](world)
                break
            except Killed:
                pass
        found = world.target().running()
        if step == "remove":
            assert found.keys() <= {"digits"}
            world.target().remove("digits")
            assert shown(world) == {}
        else:
            (now,) = found.values()
            assert now.version == "1.0.0" and (not now.healthy or now.trial is None or now.trial.version == "1.1.0")
            world.deploy("1.1.0")
            assert shown(world) == {"digits": ("1.1.0", True, None)}
    assert count > 1


def test_two_deploys_at_once_are_one_and_who_died_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.target().locked():
        with pytest.raises(RegistryError, match=r"^the lease model-registry-\w+ in the namespace \S+: is being deployed to by"):
            with world.target().locked():
                raise AssertionError
        world.target().hold("digits", Hold("1.1.0", "0", "it did badly", 1.0))
    with world.target().locked():
        assert world.target().holds() == {"digits": Hold("1.1.0", "0", "it did badly", 1.0)}
    monkeypatch.setattr(leases.Lease, "_let_go", lambda *_: None)  # as a process that was killed
    with world.target().locked():
        pass
    monkeypatch.setattr(leases, "LASTS", 1)
    with world.target().locked():
        world.target().hold("digits", None)
    assert world.target().holds() == {}


def test_a_deploy_that_stood_still_leaves_all_to_who_took_its_lease(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deploy("1.0.0")
    monkeypatch.setattr(leases, "LASTS", 1)
    monkeypatch.setattr(leases, "RENEWED", 1000)  # as a process that was stopped
    slow, quick = world.target(), world.target()
    with slow.locked():
        with quick.locked():
            quick.begin(world.delivery("1.1.0"), 1.0)
            for step in (lambda: slow.begin(world.delivery("1.2.0"), 1.0), lambda: slow.remove("digits"), lambda: slow.settle("digits")):
                with pytest.raises(RegistryError, match="was taken over by another process while this one stood still; look at"):
                    step()
            quick.settle("digits")
    assert shown(world) == {"digits": ("1.1.0", True, None)}
    with world.target().locked():
        world.deploy("1.2.0")


def test_what_others_put_there_while_a_version_is_fetched_is_left_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    target = world.target()

    def make(*_: object) -> str:
        world.plane.make(world.path, FOREIGN | {"metadata": {"name": "digits"}})
        return IMAGE.format("0" * 64)

    for is_late in False, True:  # before it is looked at again, and after
        monkeypatch.setattr(target, "_image", make)
        if is_late:
            world.plane.call("DELETE", f"{world.path}/digits")
            monkeypatch.setattr(target, "_image", lambda *_: IMAGE.format("0" * 64))
            monkeypatch.setattr(target._space, "rest", lambda model, kind: make() and None)
        with pytest.raises(RegistryError, match="^InferenceService digits in the namespace .* was not put there by this environment"):
            target.begin(world.delivery("1.0.0"), 1.0)
        assert world.object()["spec"] == FOREIGN["spec"]


@pytest.mark.parametrize("note", ["{", "[]", '{"digits": 7}', '{"digits": {"version": "1.0.0", "sha256": "0", "why": "", "since": 1e300}}', "[" * 100_000])
def test_a_damaged_note_of_what_is_held_is_told(world: World, note: str) -> None:
    target = world.target()
    target.hold("digits", Hold("1.1.0", "0", "it did badly", 1.0))
    target._lease.write("model-registry/holds", note)
    for ask in target.holds, lambda: target.hold("digits", None):
        with pytest.raises(RegistryError, match=r"^the lease model-registry-\w+ in the namespace \S+: is damaged, so nobody knows"):
            ask()


def test_a_namespace_that_goes_away_or_is_not_there_is_told(world: World) -> None:
    world.deploy("1.0.0")
    world.plane.call("DELETE", f"/api/v1/namespaces/{world.namespace}")
    with pytest.raises(RegistryError, match="because it is being terminated; that is no matter of roles: look at"), world.target().locked():
        raise AssertionError
    world.plane.kubeconfig(world.config, "admin")
    world.namespace = "nowhere"
    world.write()
    assert shown(world) == {}
    with pytest.raises(RegistryError, match='namespaces "nowhere" not found; check target.context and target.namespace, and'):
        world.target().begin(world.delivery("1.0.0"), 1.0)


class Again(Delivery):
    tag = "digits@v1.0.0"


def test_the_same_bytes_under_another_number_are_tried_as_another_version(world: World) -> None:
    world.deploy("1.0.0")
    world.played.factors = {"1.0.0": 2.0, "1.1.0": 2.0}
    one = world.delivery("1.0.0")
    again = Again(replace(one.pin, version="1.1.0"), one.artifact, one.facts, one.store)
    world.target(IMAGE.replace("digits@", "again@")).begin(again, 1.0)
    assert shown(world) == {"digits": ("1.0.0", True, "1.1.0")}


def test_a_plain_deployment_serves_the_artifact_as_a_volume(world: World) -> None:
    world.write(f"  serve_with: deployment\n  image: ghcr.io/octo/serving@sha256:{'0' * 64}\n  replicas: 2\n", within="3s")
    world.deploy("1.0.0")
    assert shown(world) == {"digits": ("1.0.0", True, None)}
    path = f"/apis/apps/v1/namespaces/{world.namespace}/deployments/digits"
    found = world.plane.call("GET", path).json()
    pod = found["spec"]["template"]["spec"]
    assert pod["volumes"][0]["image"]["reference"].startswith("ghcr.io/octo/models/digits@sha256:")
    scaled = {"spec": {"replicas": 5}}
    world.plane.call("PATCH", f"{path}/scale", scaled, content="application/merge-patch+json", fieldManager="autoscaler")
    world.deploy("1.1.0")
    found = world.plane.call("GET", path).json()
    assert (found["spec"]["replicas"], shown(world)) == (5, {"digits": ("1.1.0", True, None)})
    world.plane.call("DELETE", f"/api/v1/namespaces/{world.namespace}/services/digits")
    assert shown(world) == {"digits": ("1.1.0", False, None)}
    world.deploy("1.1.0")
    world.played.fails = {"1.0.0"}
    with pytest.raises(RegistryError, match="can't become ready: timed out"):
        world.target().begin(world.delivery("1.0.0"), 1.0)
    assert shown(world) == {"digits": ("1.1.0", True, None)}
    world.write(f"  serve_with: deployment\n  image: a@sha256:{'0' * 64}\n  overrides: {{spec: {{replica: 2}}}}\n")
    with pytest.raises(RegistryError, match=r"PATCH \S+/digits: .*: \.spec\.replica: field not declared in schema"):
        world.target().begin(world.delivery("1.0.0"), 1.0)
    world.write(f"  serve_with: deployment\n  image: a@sha256:{'0' * 64}\n")
    world.target().remove("digits")
    assert (shown(world), world.plane.call("GET", path).status_code) == ({}, 404)


def test_a_cluster_without_kserve_is_said_to_have_none(plane: ControlPlane, world: World) -> None:
    with pytest.MonkeyPatch.context() as patched:
        away = "/apis/serving.kserve.io/v1/namespaces/{}/inferenceservices"
        patched.setitem(namespace.PATHS, "InferenceService", away)
        with pytest.raises(RegistryError, match="has no InferenceService: KServe is not in that cluster; install it"):
            world.plane.kubeconfig(world.config, "admin")
            world.target().running()
