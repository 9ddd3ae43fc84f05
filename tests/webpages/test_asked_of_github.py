"""With a repository on GitHub the catalogue tells who approved what, which promotions are open, and how deploys ended."""

import json
import re
from pathlib import Path

import forks
import talking
import teams
from hub import Hub
from hub.caller import Caller
from registries import candidate, git

import catalogue
import publish
from registry.answering import beside


def words(root: Path, page: str) -> str:
    """Return the text of a page of the catalogue."""
    return " ".join(re.sub("<[^>]*>", " ", (root / f"catalogue/{page}.html").read_text("utf-8")).split())


def test_what_only_github_knows_is_told(root: Path, hub: Hub, octo: Caller) -> None:
    spec = root / "models/digits/model.yaml"
    spec.write_text(spec.read_text("utf-8").replace("epochs: 5", "epochs: 6"), "utf-8")
    pull = teams.pull(root, hub)
    Caller(hub, hub.user("ben")).post(f"/pulls/{pull['number']}/reviews", 200, event="APPROVE", body="")
    teams.merge(root, hub, pull)
    (root / "README.md").write_text("later")
    teams.merge(root, hub, teams.pull(root, hub, "words"))
    candidate(root)
    talking.succeeds(root, hub, publish, "digits")
    teams.update(root, hub)
    git(root, "checkout", "--quiet", "-b", "pin")
    forks.verb(root, "promote", "digits", "staging")
    pin = teams.pull(root, hub, "pin")
    for who in ("ben", "eve"):
        Caller(hub, hub.user(who)).post(f"/pulls/{pin['number']}/reviews", 200, event="APPROVE", body="")
    teams.merge(root, hub, pin, "merge")
    made = octo.post("/deployments", ref="main", environment="staging", required_contexts=[])
    octo.post(f"/deployments/{made['id']}/statuses", state="failure", log_url="https://example.org/log")
    (root / "README.md").write_text("promote")
    promotion = teams.pull(root, hub, "promote/production/digits")
    git(root, "checkout", "--quiet", "main")

    before = len(hub.calls)
    talking.succeeds(root, hub, catalogue, "--repository", "octo/models")
    version = words(root, "models/digits/1.0.0")
    assert f"pull request #{pull['number']} a topic author octo approved by ben, merged by octo" in version
    assert "digits 1.0.0 passes" in version, "its report came, too"
    front = words(root, "index")
    assert "failed in staging the newest deployment ended in failure" in front
    assert f"open digits in production #{promotion['number']} waits to be merged: a promote/production/digits" in front
    assert "not known" not in front
    staging = words(root, "environments/staging")
    assert "newest deployment failure 20" in staging
    assert staging.count("approved by ben, eve") == 2, "of its pin, and of its stays"
    told = json.loads((root / "catalogue/catalogue.json").read_text("utf-8"))
    assert [stay["approvers"] for stay in told["models"][0]["stays"]] == [["ben", "eve"]]
    queries = [call for call in hub.calls[before:] if call.path == "/graphql"]
    assert len(queries) == 1, "it takes one call for many pull requests"
    assert "never deployed, as far as GitHub knows" in words(root, "environments/production")
    page = (root / "catalogue/models/digits/1.0.0.html").read_text("utf-8")
    assert f'href="{hub.server_url}/octo/models/pull/{pull["number"]}"' in page
    ((artifact, _),) = [(number, one) for release in hub.repository.releases.values()
                        for number, one in release.assets.items() if one.name == "digits-1.0.0.tar"]  # fmt: skip
    assert not any(call.path.endswith(f"/assets/{artifact}") for call in hub.calls[before:]), "no artifact is fetched"


def test_a_token_that_may_not_see_them_gets_a_catalogue_that_says_so(root: Path, hub: Hub) -> None:
    candidate(root)
    talking.succeeds(root, hub, publish, "digits")
    teams.update(root, hub)
    teams.pin(root, hub, "staging")
    hub.repository.private = True
    token = hub.workflow({"contents": "read"})
    talking.succeeds(root, hub, catalogue, "--repository", "octo/models", GITHUB_TOKEN=token)
    assert "Failed deployments and open promotions: " in words(root, "index")
    told = words(root, "environments/staging")
    assert "Who approved each: not told here ." in told and told.count(beside.HIDDEN) == 1
