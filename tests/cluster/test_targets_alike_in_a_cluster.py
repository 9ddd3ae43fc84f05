"""A cluster passes the tests that every kind of target passes (tests/helpers/anytarget.py), but for two.

Its thousand objects are those of others, in test_troubled_clusters.py; kills are there, too.
"""

from collections.abc import Iterator
from pathlib import Path

import forks
import playing
import pytest
from anytarget import *  # noqa: F403  the tests
from conftest import IMAGE, World
from servers import until
from stages import WITHIN, Stage

from registry.destinations.interface import Delivery
from registry.destinations.kubernetes import Kubernetes
from registry.environments import manifests
from registry.kube import apiserver
from registry.kube.apiserver import ApiServer

del test_a_deploy_killed_at_each_step_always_answers_and_ends_the_same  # noqa: F821
del test_of_many_models_only_what_changed_is_touched  # noqa: F821

playing.FACTORS["0.9.0"] = 3.0


class ClusterStage(Stage):
    """The namespace of a world, its endpoint, and what plays KServe there."""

    kind = "kubernetes"

    def __init__(self, root: Path, world: World) -> None:
        self.world = world
        super().__init__(root)

    def target_text(self) -> str:
        return f"type: kubernetes\nnamespace: {self.world.namespace}\nendpoint: {self.world.url}\n"

    def write(self, within: int = WITHIN) -> None:
        super().write(within)
        place = self.root / "environments/staging.yaml"
        place.write_text(f"images: ghcr.io/octo/models\n{place.read_text()}")

    def target(self) -> Kubernetes:
        return Kubernetes(ApiServer(None), self.root, self.environment(), self._image)

    def _image(self, delivery: Delivery, tar: Path) -> str:
        return IMAGE.format(delivery.artifact.sha256)

    def settled_down(self) -> None:
        def is_so() -> bool:
            found = self.target().running()
            return found.keys() == self.world.played.split.keys() and all(one.healthy for one in found.values())

        until(is_so, "a controller that has followed")

    def _shares(self, model: str) -> dict[str, int]:
        return self.world.played.split.get(model, {})

    def factor(self, model: str = "digits") -> float | None:
        found = self._shares(model)
        return playing.FACTORS[max(found, key=found.get)] if found else None

    def tried(self, model: str = "digits") -> float | None:
        found = self._shares(model)
        return playing.FACTORS[min(found, key=found.get)] if found else None

    def take_away(self, model: str = "digits") -> None:
        self.world.plane.call("DELETE", f"{self.world.path}/{model}")
        until(lambda: model not in self.world.played.split, "a controller that has followed")

    def harm(self, model: str = "digits") -> None:
        self.world.edit({"spec": {"predictor": {"model": {"storageUri": "oci://ghcr.io/octo/another"}}}}, model=model)


@pytest.fixture
def stage(world: World, tmp_path: Path) -> Iterator[Stage]:
    made = ClusterStage(tmp_path / "staged", world)
    yield made
    made.close()


def test_who_may_only_read_is_told_what_runs_and_of_what_was_edited_which_right_is_missing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy("1.0.0")
    pin = world.root / "environments/production/digits.yaml"
    pin.parent.mkdir(exist_ok=True)
    pin.write_text(manifests.pin_text("1.0.0", world.delivery("1.0.0").pin.sha256))
    config = world.plane.kubeconfig(world.root / "reader", "reader")
    monkeypatch.setattr(apiserver.kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(config))
    (row,) = [line for line in forks.verb(world.root, "status").splitlines() if line.startswith("digits ")]
    assert row.split()[2:] == ["1.0.0", "-"]
    world.edit({"spec": {"predictor": {"model": {"storageUri": "oci://ghcr.io/octo/another"}}}})
    told = " ".join(forks.verb(world.root, "status").split())
    assert "1.0.0 pinned - production runs in the namespace" in told
    assert "what runs is not known: PATCH " in told and "environments/TARGETS.md has one" in told
