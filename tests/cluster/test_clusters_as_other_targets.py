"""The tests that every kind of target passes, in a cluster on which KServe is played."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import forks
import pytest
import stages
from anytarget import *  # noqa: F403  the tests
from conftest import NUMBERS
from controlplane import ControlPlane
from playing import PATH, Played, kserve
from servers import until
from stages import WITHIN, Shelf, Stage

from registry.destinations import holding, kubernetes
from registry.destinations.interface import Delivery
from registry.destinations.kubernetes import Kubernetes
from registry.environments.reconcile import Running
from registry.kube import apiserver, leases
from registry.kube.apiserver import ApiServer

SERVED = {"1.0.0": 2.0, "1.1.0": 3.0, "1.2.0": 2.0, "0.9.0": 3.0}  # what the models in the artifacts do
FACTS = {"commit": "c" * 40, "report": {"runtime": "litert"}}


class ReleasedShelf(Shelf):
    """A shelf that knows of a release what a cluster is told of it."""

    def facts(self, tag: str) -> dict:
        return super().facts(tag) | FACTS


class ClusterStage(Stage):
    kind = "kubernetes"
    stride, many = 3, 1000

    def __init__(self, root: Path, plane: ControlPlane, made: Callable[[str], None]) -> None:
        self._plane, self.namespace = plane, f"stage-{next(NUMBERS)}"
        made(self.namespace)
        self.played, self.url = Played(factors=SERVED), "http://127.0.0.1:9"
        super().__init__(root)

    def target_text(self) -> str:
        return f"type: kubernetes\nnamespace: {self.namespace}\nendpoint: {self.url}\n"

    def write(self, within: int = WITHIN) -> None:
        super().write(max(within, WITHIN))
        file = self.root / "environments/staging.yaml"
        file.write_text(f"{file.read_text()}images: ghcr.io/octo/models\n")

    def open(self) -> None:
        self.url = self._closing.enter_context(kserve(self._plane, self.namespace, self.played)).url()
        self.write()

    def target(self) -> Kubernetes:
        return Kubernetes(
            ApiServer(None), self.root, self.environment(),
            lambda delivery, tar: f"ghcr.io/octo/models/{delivery.pin.model}@sha256:{delivery.artifact.sha256}",
        )  # fmt: skip

    def delivery(self, version: str, model: str = "digits") -> Delivery:
        return replace(super().delivery(version, model), facts=FACTS)

    @property
    def _path(self) -> str:
        return PATH.format(self.namespace)

    def factor(self, model: str = "digits") -> float | None:
        split = self.played.split.get(model, {})
        return SERVED[max(split, key=split.get)] if split else None

    def tried(self, model: str = "digits") -> float | None:
        ready = self.played.ready.get(model)
        return SERVED[self.played.of(model, ready).version] if ready else None

    def harm(self, model: str = "digits") -> None:
        body = {"spec": {"predictor": {"model": {"storageUri": "oci://elsewhere"}}}}
        form = "application/merge-patch+json"
        self._plane.call("PATCH", f"{self._path}/{model}", body, content=form, fieldManager="kubectl-edit")
        self.settled_down()

    def take_away(self, model: str = "digits") -> None:
        self._plane.call("DELETE", f"{self._path}/{model}")
        self.settled_down()

    def copy(self, names: list[str]) -> None:
        target = self.target()
        about = target._space.standing("digits")
        for name in names:
            target._space.write(name, about)
        self.settled_down()

    def settled_down(self) -> None:
        def is_so() -> bool:
            found = self._plane.call("GET", self._path).json()["items"]
            seen = all(one.get("status", {}).get("observedGeneration") == one["metadata"]["generation"] for one in found)
            return seen and {one["metadata"]["name"] for one in found} == self.played.split.keys()

        until(is_so, "a controller that has seen all")


@pytest.fixture
def stage(
    plane: ControlPlane, made: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    monkeypatch.setattr(stages, "Shelf", ReleasedShelf)
    for name, seconds in {"LASTS": 1, "RENEWED": 0.2, "ASKED": 0.1}.items():
        monkeypatch.setattr(leases, name, seconds)  # so that who was killed is not waited for so long
    config = plane.kubeconfig(tmp_path / "kubeconfig")
    monkeypatch.setattr(apiserver.kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(config))
    stage = ClusterStage(tmp_path, plane, made)
    yield stage
    stage.close()


def test_a_lease_without_room_says_so_and_holds_no_deploy_up(stage: Stage, capsys: pytest.CaptureFixture) -> None:
    stage.pin("1.0.0")
    stage.deploy()
    target, before = stage.target(), {"filler": Running("1.0.0", "a" * 262_000, True)}
    target._lease.write(kubernetes.BROUGHT, holding.dump(before))
    target.remember(["digits"])
    assert "has no room to tell all that was brought" in capsys.readouterr().err
    assert stage.target().brought() == before


def test_status_tells_of_a_cluster_that_is_away_what_is_pinned_there_and_why_no_more(
    stage: Stage, plane: ControlPlane, tmp_path: Path
) -> None:
    stage.pin("1.0.0")
    config = tmp_path / "kubeconfig"
    config.write_text(config.read_text().replace(plane.url, "https://127.0.0.1:9"))
    told = " ".join(forks.verb(stage.root, "status").split())
    assert "digits - 1.0.0 pinned -" in told
    where = f"staging runs in the namespace {stage.namespace} of the cluster; what runs is not known: GET "
    assert f"{where}{PATH.format(stage.namespace)}: https://127.0.0.1:9 does not answer" in told
