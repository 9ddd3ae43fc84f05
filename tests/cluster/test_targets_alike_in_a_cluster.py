"""A cluster passes the tests that every kind of target passes (tests/helpers/anytarget.py), but for two.

Its thousand objects are those of others, in test_troubled_clusters.py; kills are there, too.
"""

from collections.abc import Iterator
from pathlib import Path

import playing
import pytest
from anytarget import *  # noqa: F403  the tests
from conftest import IMAGE, World
from servers import until
from stages import WITHIN, Stage

from registry.destinations.interface import Delivery
from registry.destinations.kubernetes import Kubernetes
from registry.kube.apiserver import ApiServer

del test_a_deploy_killed_at_each_step_always_answers_and_ends_the_same  # noqa: F821
del test_of_a_thousand_models_only_what_changed_is_touched  # noqa: F821

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
