"""One control plane for all tests here, and for each a namespace of its own, in which KServe is played."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import forks
import pytest
from controlplane import HERE, ControlPlane
from playing import FACTORS, Played, kserve
from registries import candidate, commit, template

from registry.destinations import interface
from registry.destinations.interface import Delivery
from registry.destinations.kubernetes import Kubernetes
from registry.environments import manifests
from registry.kube import apiserver
from registry.kube.apiserver import ApiServer
from registry.releases.folder import FolderStore

NUMBERS = count(1)
IMAGE = "ghcr.io/octo/models/digits@sha256:{}"
ENVIRONMENT = """description: A test.
takes_from: releases
images: {images}
drift: {drift}
health: {{within: {within}}}
target:
  type: kubernetes
  namespace: {namespace}
  endpoint: {endpoint}
{more}"""
# what deploy needs and no more; environments/TARGETS.md shows the same
ROLE = [
    {"apiGroups": ["serving.kserve.io"], "resources": ["inferenceservices"],
     "verbs": ["get", "list", "create", "patch", "delete"]},
    {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list", "create", "patch", "delete"]},
    {"apiGroups": [""], "resources": ["services"], "verbs": ["get", "list", "create", "patch", "delete"]},
    {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "patch", "update"]},
]  # fmt: skip


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    plane = ControlPlane(tmp_path_factory.mktemp("plane"))
    plane.make("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", json.loads((HERE / "crd.json").read_text()))
    try:
        yield plane
    finally:
        plane.stop()


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with three versions of digits, which multiply by 2, 3 and 4."""
    root = template(tmp_path_factory.mktemp("released") / "root")
    spec = root / "models/digits/model.yaml"
    for version, factor in FACTORS.items():
        spec.write_text(spec.read_text().replace(spec.read_text().split("\n")[1], f"version: {version}"))
        commit(root)
        candidate(root, factor)
        forks.verb(root, "publish", "digits")
    return root


class Renamed(Delivery):
    tag = property(lambda self: f"digits@v{self.pin.version}")


@dataclass
class World:
    """A namespace, what plays KServe in it, and a repository with the environment `production` there."""

    plane: ControlPlane
    namespace: str
    root: Path
    played: Played
    url: str
    config: Path

    def write(
        self, more: str = "", within: str = "20s", drift: str = "heal", images: str = "ghcr.io/octo/models"
    ) -> None:
        text = ENVIRONMENT.format(
            namespace=self.namespace, endpoint=self.url, more=more, within=within, drift=drift, images=images
        )
        (self.root / "environments/production.yaml").write_text(text)

    def target(self, image: str = IMAGE) -> Kubernetes:
        """What deploys to it, as it is written now."""
        environment = manifests.find(self.root, "production")
        server = ApiServer(environment.target.get("context"))
        return Kubernetes(server, self.root, environment, lambda delivery, tar: image.format(delivery.artifact.sha256))

    def delivery(self, version: str, model: str = "digits") -> Delivery:
        """A version of digits on its way, under the name of any model."""
        store = FolderStore(self.root, self.root / "releases")
        facts = store.facts(f"digits@v{version}")
        text = manifests.pin_text(version, facts["report"]["artifact"]["sha256"])
        pin = manifests.parse_pin("environments/production/digits.yaml", text.encode())
        found = interface.delivery(store, facts, pin)
        return Renamed(replace(pin, model=model), found.artifact, facts, store)

    def deploy(self, version: str, share: float = 1.0) -> None:
        target = self.target()
        target.begin(self.delivery(version), share)
        if share == 1:
            target.settle("digits")

    @property
    def path(self) -> str:
        return f"/apis/serving.kserve.io/v1beta1/namespaces/{self.namespace}/inferenceservices"

    def object(self, model: str = "digits") -> dict:
        return self.plane.call("GET", f"{self.path}/{model}").json()

    def edit(self, body: dict, manager: str = "kubectl-edit", model: str = "digits") -> dict:
        """Change an object by hand."""
        form = "application/merge-patch+json"
        return self.plane.call("PATCH", f"{self.path}/{model}", body, content=form, fieldManager=manager).json()


@pytest.fixture
def made(plane: ControlPlane) -> Callable[[str], None]:
    def make(namespace: str) -> None:
        plane.make("/api/v1/namespaces", {"metadata": {"name": namespace}})
        below = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
        read = [rule | {"verbs": ["get", "list"]} for rule in ROLE]
        for who, rules in {"deployer": ROLE, "reader": read}.items():
            plane.make(f"{below}/roles", {"metadata": {"name": who}, "rules": rules})
            subject = {"kind": "User", "name": who, "apiGroup": "rbac.authorization.k8s.io"}
            role = {"kind": "Role", "name": who, "apiGroup": "rbac.authorization.k8s.io"}
            plane.make(f"{below}/rolebindings", {"metadata": {"name": who}, "subjects": [subject], "roleRef": role})

    return make


@pytest.fixture
def world(
    plane: ControlPlane, made: Callable[[str], None], released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    namespace = f"models-{next(NUMBERS)}"
    made(namespace)
    root = Path(shutil.copytree(released, tmp_path / "root"))
    config = plane.kubeconfig(tmp_path / "kubeconfig")
    monkeypatch.setattr(apiserver.kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(config))
    played = Played()
    with kserve(plane, namespace, played) as server:
        world = World(plane, namespace, root, played, server.url(), config)
        world.write()
        yield world
