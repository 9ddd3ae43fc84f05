"""What a comparison with a released version takes of the calls that GitHub lets a workflow make in an hour."""

from pathlib import Path

import teams
from hub import Hub
from registries import commit
from reviewing import edit

from registry.github.client import GitHub
from registry.judging import incumbents
from registry.releases.hosted import GitHubStore
from registry.specs import models


def test_a_released_version_is_had_in_three_calls(root: Path, hub: Hub, tmp_path: Path) -> None:
    teams.release(root, hub)
    edit(root, "version: 1.0.0", "version: 1.1.0")
    commit(root)
    (model,) = models.load(root, [])
    store, seen = GitHubStore(GitHub(hub.api_url, "octo/models", hub.token)), len(hub.calls)
    found = incumbents.find(root, model, store, tmp_path)
    assert (found["version"], Path(found["tar"]).exists()) == ("1.0.0", True)
    assert len([one for one in hub.calls[seen:] if one.host == "api"]) == 3
