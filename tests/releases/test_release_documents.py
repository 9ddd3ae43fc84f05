"""A release.json that does not follow from its parts is not gone by: not by publish, judge, deploy or a promotion."""

import json
from collections.abc import Callable
from pathlib import Path

import forks
import promote
import pytest
import teams
from hub import Hub
from registries import candidate, commit, git
from talking import fails

from registry import files
from registry.formats import documents

TAG = "digits@v1.0.0"
SPEC = "models/digits/model.yaml"
PIN = "environments/staging/digits.yaml"
LOW = {"accuracy": 0.11, "latency_ms": 0.1, "size_mb": 0.1}
VERDICT = "has a verdict that does not follow from its metrics and thresholds"


def metrics(facts: dict) -> None:
    facts["report"]["metrics"] = LOW


def thresholds(facts: dict) -> None:
    facts["report"] |= {"metrics": LOW, "thresholds": {"accuracy": {"min": 0.10}}}


def verdict(facts: dict) -> None:
    facts["report"] |= {"metrics": LOW, "verdict": "fail"}


def version(facts: dict) -> None:
    facts["report"]["version"] = "1.0.1"


def task(facts: dict) -> None:
    facts["report"] |= {"task": "regression", "thresholds": {"mae": {"max": 1}}, "metrics": {"mae": 0.1}}


def artifact(facts: dict) -> None:
    facts["report"]["artifact"]["sha256"] = "0" * 64


FORGED = {
    metrics: VERDICT,
    thresholds: f"has another thresholds than {SPEC} in {{commit}}, on which it was released",
    verdict: "has the verdict fail, and only what passes is released",
    version: f"is of {TAG}, with the report of digits 1.0.1; has another version than {SPEC} in {{commit}}, on which"
             " it was released",
    task: f"has another task and thresholds than {SPEC} in {{commit}}, on which it was released",
    artifact: "names no artifact that is the one in its report",
}  # fmt: skip


def forge(root: Path, change: Callable[[dict], None], tag: str = TAG) -> None:
    path = root / "releases" / tag / "release.json"
    facts = json.loads(path.read_text("utf-8"))
    change(facts)
    path.write_text(documents.dump_json(facts), "utf-8")


@pytest.mark.parametrize("change", FORGED, ids=lambda change: change.__name__)
def test_no_verb_goes_by_one_that_says_what_its_parts_do_not(pinned: Path, change) -> None:
    forge(pinned, change)
    commit_id = git(pinned, "rev-parse", TAG + "^{commit}").strip()
    text = FORGED[change].format(commit=commit_id[:12])
    mend = "don't trust it, move the release's folder away and publish it again"
    refused = f"{TAG}/release.json: {text}; {mend}\n1 problem\n"
    assert forks.verb(pinned, "deploy", "staging", "--apply", code=1) == f"  + digits   1.0.0\n{refused}"
    assert not list((pinned / "deployments/staging").glob("digits/[0-9]*"))
    assert forks.verb(pinned, "judge", "digits", code=1) == refused
    candidate(pinned)
    assert forks.verb(pinned, "publish", "digits", code=1) == refused


def test_a_tag_is_not_put_again_on_a_commit_that_holds_another_spec(pinned: Path) -> None:
    """As somebody does who wants a version that nobody reviewed: its files alone, and no tag."""
    spec = pinned / SPEC
    text = spec.read_text("utf-8").replace("version: 1.0.0", "version: 1.0.1").replace("min: 0.90", "min: 0.10")
    spec.write_text(text, "utf-8")
    candidate(pinned, metrics=LOW)
    assert "no commit holds what was built" in forks.verb(pinned, "publish", "digits", code=1)
    before = git(pinned, "rev-parse", "HEAD").strip()
    commit(pinned)
    forks.verb(pinned, "publish", "digits")
    git(pinned, "tag", "--delete", "digits@v1.0.1")
    git(pinned, "reset", "--quiet", "--soft", before)
    forge(pinned, lambda facts: facts.update(commit=before), "digits@v1.0.1")
    said = forks.verb(pinned, "publish", "digits", code=1)
    assert f"digits@v1.0.1/release.json: has another version and thresholds than {SPEC} in {before[:12]}, on" in said
    assert git(pinned, "tag", "--list", "digits@v1.0.1") == ""


def moved(root: Path) -> str:
    """Put the tag of 1.0.1 on a commit whose spec says 1.0.0; return that."""
    message = git(root, "tag", "--list", "--format=%(contents)", TAG)
    git(root, "tag", "--annotate", "--cleanup=verbatim", f"--message={message}", "digits@v1.0.1")
    return git(root, "rev-parse", "HEAD").strip()[:12]


def test_a_version_is_not_pinned_that_its_commit_s_spec_does_not_have(pinned: Path) -> None:
    commit_id = moved(pinned)
    said = forks.verb(pinned, "promote", "digits", "staging", code=1)
    assert said == (
        f"{PIN}: digits@v1.0.1 is on {commit_id}, where {SPEC} says version 1.0.0; don't trust it, choose another"
        " version\n1 problem\n"
    )


def test_no_promotion_is_opened_by_a_forged_document(root: Path, hub: Hub) -> None:
    teams.release(root, hub)
    (release,) = hub.repository.releases.values()
    (asset,) = [one for one in release.assets.values() if one.name == "release.json"]
    facts = json.loads(asset.path.read_text("utf-8"))
    facts["report"]["metrics"] = LOW
    asset.path.write_text(documents.dump_json(facts), "utf-8")
    asset.size, asset.digest = asset.path.stat().st_size, f"sha256:{files.digest(asset.path)}"
    said = fails(root, hub, promote, "--pull-request")
    assert said == (
        f"{TAG}/release.json: {VERDICT}; don't trust it, withdraw the version and publish another\n1 problem\n"
    )
    assert not hub.repository.pulls
