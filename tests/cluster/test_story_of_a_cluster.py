"""The whole way through the verbs: pushed to a registry of images, planned, deployed, changed, held, taken away."""

import re
from collections.abc import Callable
from pathlib import Path

import forks
import harbour
import pytest
import registries
from conftest import World
from registries import commit, git, verb

from registry.environments import manifests
from registry.kube import apiserver

URI = "oci://{}/octo/models/digits@sha256:"
NEXT = "next: `tox run -e status` shows what runs where\n"
NOTHING = "production: nothing to do; it runs what is pinned\n"
HELD = (
    "environments/production/digits.yaml:1: version: digits@v1.1.0 is held since WHEN: answers golden inputs otherwise than "
    "when it was judged (difference 0.33); pin another version, or try it again: `tox run -e deploy-kubernetes -- production "
    "--apply --retry`\n1 problem\n"
)


@pytest.fixture
def deploy(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setitem(registries.ENVIRONMENT, "KUBECONFIG", str(world.config))

    def run(*words: str, code: int = 0) -> str:
        said = verb(world.root, "deploy", "production", *words, code=code).replace(world.namespace, "NAMESPACE")
        return re.sub(r"since \d{4}-[\d :-]+ UTC", "since WHEN", said.replace(world.plane.url, "https://SERVER"))

    return run


def pin(root: Path, version: str) -> None:
    verb(root, "promote", "digits", "production", "--version", version)
    commit(root)


@harbour.NEEDED
def test_a_cluster_runs_what_is_pinned(world: World, deploy: Callable[..., str], tmp_path: Path) -> None:
    root, played = world.root, world.played
    with harbour.running(tmp_path / "registry") as host:
        world.write(images=f"{host}/octo/models", within="10s")
        pin(root, "1.0.0")
        missing = "digits:1.0.0: is not there; push what is missing: `tox run -e publish -- --images`\n1 problem\n"
        assert deploy("--apply", code=1) == f"  + digits   1.0.0\n{host}/octo/models/{missing}"
        verb(root, "publish", "--images")
        assert deploy() == "production\n  + digits   1.0.0\n1 change. Nothing was touched: run with --apply.\n"
        assert deploy("--apply") == f"  + digits   1.0.0\nproduction: 1 change made\n{NEXT}"
        assert world.object()["spec"]["predictor"]["model"]["storageUri"].startswith(URI.format(host))
        assert deploy("--apply") == NOTHING
        world.edit({"spec": {"predictor": {"model": {"storageUri": "oci://elsewhere"}}}})
        assert "  ! digits   1.0.0 (drift: repair)\n1 change. Nothing was touched" in deploy()
        assert deploy("--apply") == (
            f"  ! digits   1.0.0 (drift: repair)\nproduction: 1 change made\n{NEXT}"
            "InferenceService digits in the namespace NAMESPACE of the cluster: "
            ".spec.predictor.model.storageUri is kubectl-edit's; made ours again\n"
        )
        played.lies = {"1.1.0"}
        pin(root, "1.1.0")
        verb(root, "publish", "--images")
        assert deploy("--apply", code=1) == f"  ~ digits   1.0.0 → 1.1.0\n{HELD}"
        tried = [*played.told]
        assert (deploy("--apply", code=1), played.told) == (HELD, tried)
        assert played.split == {"digits": {"1.0.0": 100}}
        played.lies = set()
        assert deploy("--apply", "--retry") == f"  ~ digits   1.0.0 → 1.1.0\nproduction: 1 change made\n{NEXT}"
        assert deploy() == NOTHING
        git(root, "rm", "--quiet", "environments/production/digits.yaml")
        commit(root)
        assert "pins no model, so every model would be removed" in deploy("--apply", code=1)
        assert deploy("--apply", "--prune") == f"  - digits   1.1.0\nproduction: 1 change made\n{NEXT}"
        assert world.object()["code"] == 404


def test_a_cluster_that_is_away_is_one_line(world: World, deploy: Callable[..., str]) -> None:
    pin(world.root, "1.0.0")
    world.plane.kill()
    try:
        lease, listed = (deploy(*words, code=1).partition(": ")[2] for words in (("--apply",), ()))
        away = "https://SERVER does not answer: the connection could not be made, or broke; run the same again when it does\n1 problem\n"
        assert (lease, listed) == (away, away)
    finally:
        world.plane.start()


def test_deploy_yml_takes_what_knows_clusters_and_a_name_that_none_takes_is_told(world: World) -> None:
    assert "production: `tox run -e deploy-kubernetes -- production --apply` on ubuntu-latest" in verb(world.root, "targets")
    text = manifests.pin_text("1.0.0", "1d" * 32)
    (world.root / "environments/production").mkdir()
    (world.root / "environments/production/snake_case.yaml").write_text(text)
    assert (
        "environments/production/snake_case.yaml: is a name that Kubernetes does not take, which knows letters, digits and "
        "- between them; name the model so, or deploy it elsewhere\n"
    ) in verb(world.root, "validate", code=1)


def test_who_may_only_read_is_told_what_runs_and_of_what_was_edited_which_right_is_missing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy("1.0.0")
    place = world.root / "environments/production/digits.yaml"
    place.parent.mkdir(exist_ok=True)
    place.write_text(manifests.pin_text("1.0.0", world.delivery("1.0.0").pin.sha256))
    config = world.plane.kubeconfig(world.root / "reader", "reader")
    monkeypatch.setattr(apiserver.kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(config))
    (row,) = [line for line in forks.verb(world.root, "status").splitlines() if line.startswith("digits ")]
    assert row.split()[2:] == ["1.0.0", "-"]
    world.edit({"spec": {"predictor": {"model": {"storageUri": "oci://ghcr.io/octo/another"}}}})
    told = " ".join(forks.verb(world.root, "status").split())
    assert "1.0.0 pinned - production runs in the namespace" in told
    assert "what runs is not known: PATCH " in told and "environments/TARGETS.md has one" in told
