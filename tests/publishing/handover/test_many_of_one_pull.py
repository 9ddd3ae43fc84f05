"""A pull request of many models: what they share is asked of GitHub once, and the zip of all candidates fetched once."""

import json
import shutil
from collections import Counter
from pathlib import Path

import collect
import teams
from hub import Hub
from registries import candidate
from reviewing import edit
from talking import succeeds

from registry.github import runs
from registry.specs import models

NAMES = ("a", "b", "digits")


def test_what_models_of_one_pull_request_share_is_asked_for_once(root: Path, hub: Hub) -> None:
    edit(root, "version: 1.0.0", "version: 1.1.0")
    for name in NAMES[:-1]:
        shutil.copytree(root / "models/digits", root / f"models/{name}")
    pull = teams.pull(root, hub)
    candidate(root)
    run = hub.add_run(runs.CHECK, "pull_request", pull["head"]["sha"], pull["head"]["ref"])
    teams.accept(hub, run, candidates=handed_in(root))
    teams.merge(root, hub, pull)
    seen = len(hub.calls)
    said = succeeds(root, hub, collect)
    for name in NAMES:
        assert f"{name} 1.1.0: took the candidate of #1, built in " in said
        assert (root / f"candidates/{name}/{name}-1.1.0.tar").exists()
    asked = Counter((one.method, one.path, *sorted(one.query.items())) for one in hub.calls[seen:])
    assert {one: count for one, count in asked.items() if count > 1} == {}


def handed_in(root: Path) -> dict[str, bytes]:
    """Return the candidates of all models, as their checks hand them in: the same one under each name."""
    folder = root / "candidates/digits"
    report, tar = json.loads((folder / "report.json").read_text()), (folder / "digits-1.1.0.tar").read_bytes()
    files = {}
    for model in models.load(root, []):
        own = {"model": model.name, "fingerprint": model.fingerprint}
        own["artifact"] = report["artifact"] | {"name": f"{model.name}-1.1.0.tar"}
        files[f"{model.name}/report.json"] = json.dumps(report | own).encode()
        files[f"{model.name}/{model.name}-1.1.0.tar"] = tar
    return files
