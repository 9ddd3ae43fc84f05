"""Who waits for what is tried makes way for the next deploy, once main pins something else."""

from pathlib import Path

import registries
from hub import Hub

from registry.deploying import waiting
from registry.deploying.onward import Watch
from registry.deploying.rounds import Ground
from registry.destinations import aiming
from registry.environments import manifests
from registry.github.client import GitHub
from registry.releases.hosted import GitHubStore

PIN = Path("environments/staging/digits.yaml")


def ground(root: Path, hub: Hub) -> Ground:
    environment = manifests.find(root, "staging")
    store = GitHubStore(GitHub(hub.api_url, hub.repository.full_name, hub.token))
    store.github.is_patient = False
    place = aiming.find(root, environment)
    return Ground(root, environment, place, store, {}, {}, Watch(root, environment))


def pin(root: Path, version: str) -> None:
    (root / PIN).parent.mkdir(exist_ok=True)
    (root / PIN).write_text(manifests.pin_text(version, "a1" * 32))
    registries.commit(root)


def test_main_has_moved_once_it_pins_something_else_there_and_while_github_is_away_nobody_knows(
    root: Path, hub: Hub
) -> None:
    assert not waiting.has_moved(ground(root, hub))
    pin(root, "1.0.0")
    here = ground(root, hub)
    assert waiting.has_moved(here)
    hub.take(root)
    assert not waiting.has_moved(here)
    (root / "notes.md").write_text("prose")
    registries.commit(root)
    hub.take(root)
    assert not waiting.has_moved(here)
    hub.faults.add("500", 1, template="/contents/{path}")
    assert not waiting.has_moved(ground(root, hub))
