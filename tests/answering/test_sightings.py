"""What status tells of targets that it could not ask, and that asking them takes no longer than anybody waits."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import forks
import pytest
from registries import git, template

from registry.answering import overview, sightings

CLOUD = "environments/cloud.yaml"
COMMAND = f"""description: A cloud.
takes_from: releases
target:
  type: command
  observe: [{sys.executable}, -S, deploy/cloud.py]
  apply: [{sys.executable}, -S, deploy/cloud.py]
"""
CLUSTER = """description: A cluster.
takes_from: releases
images: ghcr.io/octo/models
target: {type: kubernetes, context: prod, namespace: models, endpoint: "http://{model}.example.org"}
"""
OBSERVED = """import pathlib
with open("asked", "a") as file:
    print("once", file=file)
print('{"models": {}}')
"""


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = template(tmp_path_factory.mktemp("sightings") / "root")
    (root / CLOUD).write_text(COMMAND)
    (root / "environments/cluster.yaml").write_text(CLUSTER)
    for name in "cloud", "cluster":
        (root / f"environments/{name}").mkdir()
        (root / f"environments/{name}/digits.yaml").write_text(f"version: 1.0.0\nsha256: {'ab' * 32}\n")
    (root / "deploy").mkdir()
    (root / "deploy/cloud.py").write_text(OBSERVED)
    return root


def without_kubernetes() -> None:
    """Let this process be one where nobody installed it, on a machine that may be busy."""
    sys.modules["kubernetes"] = None
    for name in "registry.kube.apiserver", "registry.destinations.kubernetes":
        sys.modules.pop(name, None)
    sightings.WAIT = 60


def hasty() -> None:
    without_kubernetes()
    sightings.WAIT = 0.5


def said(root: Path, *words: str, first: Callable[[], object] = without_kubernetes) -> str:
    """Return what status prints where kubernetes is not installed."""
    import status

    from registry import console

    code, told = forks.run(root, lambda: console.run(status.main), *words, first=first)
    assert (code, "Traceback" in told) == (0, False), told
    return " ".join(told.split())


def documents(root: Path, first: Callable[[], object] = without_kubernetes) -> dict[str, dict]:
    return {one["name"]: one for one in json.loads(said(root, "--json", first=first))["environments"]}


def test_a_command_is_asked_once_and_a_cluster_that_cannot_be_says_which_verb_asks_it(root: Path) -> None:
    told = said(root)
    assert "digits - 1.0.0, runs nothing 1.0.0 pinned" in told
    where = "cluster runs in the namespace models of prod; `tox run -e status-kubernetes` asks what runs: kubernetes is not installed here"
    assert where in told
    assert "cloud is" not in told
    assert (root / "asked").read_text() == "once\n"
    found = documents(root)
    assert (found["cloud"]["unknown"], found["cluster"]["elsewhere"]) == (None, "runs in the namespace models of prod")
    assert found["cluster"]["unknown"] == where.partition("; ")[2]


FAILING = {
    "import sys; sys.exit('no login')": "ended with exit code 1; it said last: no login",
    "print('<html>')": "is not JSON (Expecting value: line 1 column 1 (char 0)); print JSON by scripts/schemas/observed.json",
    "import time; time.sleep(100)": "took more than 0.5 s and was ended; `tox run -e deploy -- cloud` waits longer, and said nothing",
}  # fmt: skip


@pytest.mark.parametrize("code", FAILING)
def test_a_command_that_fails_or_is_slow_hides_no_other_target_and_is_told_as_what_is_pinned(root: Path, code: str) -> None:
    (root / "deploy/cloud.py").write_text(code)
    first = hasty if "sleep" in code else without_kubernetes
    told = said(root, first=first)
    assert "digits - 1.0.0 pinned 1.0.0 pinned - -" in told
    place = f"cloud is what {sys.executable} -S deploy/cloud.py tells of; what runs is not known: "
    assert place in told and FAILING[code] in told.partition(place)[2]
    assert FAILING[code] in documents(root, first)["cloud"]["unknown"]


def test_neither_what_was_once_nor_the_catalogue_asks_a_command(root: Path) -> None:
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "begin")
    assert "1.0.0 pinned" in said(root, "--at", "HEAD")
    assert overview.now(root, None).unknown["cloud"] == "what runs is known there"
    assert not (root / "asked").exists()


def test_nobody_waits_for_one_that_never_ends(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from threading import Event

    monkeypatch.setattr(sightings, "WAIT", 0.1)
    monkeypatch.setattr(sightings, "SPARE", 0)
    ended = Event()
    monkeypatch.setattr(sightings, "_far", lambda root, place: ended.wait())
    found = overview.now(root, None, reaches=True)
    ended.set()
    assert {name: found.unknown[name] for name in ("cloud", "cluster")} == dict.fromkeys(
        ("cloud", "cluster"), "what runs is not known: no answer came in 0.1 s"
    )
