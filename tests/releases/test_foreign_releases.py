"""A release on a commit that main does not hold is foreign: every verb says so, and none of them goes by it."""

import json
import shutil
import subprocess
from pathlib import Path

import forks
import promote
import publish
import pytest
import teams
from hub import Hub
from registries import ENVIRONMENT, candidate, commit, git, verb
from talking import fails, succeeds

from registry.judging import incumbents
from registry.releases import ledger, mainline
from registry.releases.folder import FolderStore
from registry.specs import models

PIN = "environments/staging/digits.yaml"
TAG = "digits@v6.6.6"
STALE = "every model is released as it is; nothing to build\n"


def write(root: Path, version: str, **more: str) -> None:
    spec = root / "models/digits/model.yaml"
    lines = [line for line in spec.read_text("utf-8").splitlines() if not line.startswith("version:")]
    text = "\n".join([f"version: {version}", *lines, ""])
    for old, new in more.items():
        text = text.replace(old, new)
    spec.write_text(text, "utf-8")
    commit(root)


def forge(root: Path, version: str = "6.6.6") -> str:
    """Release a version on a commit of an unmerged branch, past all that `publish` looks at; return the commit."""
    git(root, "switch", "--quiet", "--create", f"topic-{version}")
    write(root, version)
    before = git(root, "rev-parse", "main").strip()
    git(root, "branch", "--force", "main", "HEAD")
    candidate(root, metrics={"accuracy": 0.999, "latency_ms": 0.1, "size_mb": 0.1})
    forks.verb(root, "publish", "digits")
    git(root, "branch", "--force", "main", before)
    commit_id = git(root, "rev-parse", "HEAD").strip()
    git(root, "switch", "--quiet", "main")
    return commit_id


def what(commit_id: str, main: str = "main") -> str:
    return (
        f"is foreign, and never promoted, pinned or compared with: its commit {commit_id[:12]} is not in the history of"
        f" {main} here (`git fetch`, if that is behind)"
    )


def told(commit_id: str, tag: str = TAG, main: str = "main") -> str:
    return (
        f"{tag}: {what(commit_id, main)}; {tag.partition('@v')[2]} can't be released while it is there, and nothing else"
        f" is held up; to free it, run `git tag -d '{tag}'`, where it was pushed after `git push --delete origin"
        f" '{tag}'` by somebody who may bypass the rule for tags\n"
    )


def pin(root: Path, version: str = "6.6.6") -> None:
    (digest,) = [line.split()[1] for line in git(root, "cat-file", "tag", f"digits@v{version}").splitlines()
                 if line.startswith("Artifact-SHA256: ")]  # fmt: skip
    (root / PIN).write_text(f"version: {version}\nsha256: {digest}\n")


def test_no_verb_on_main_goes_by_it_and_each_that_lists_releases_tells_it(pinned: Path) -> None:
    line = told(forge(pinned))
    said = forks.verb(pinned, "validate")
    assert line in said and "1 model, 2 environments, 1 pin: all valid\n" in said
    assert forks.verb(pinned, "changed") == f"{line}{STALE}"
    assert forks.verb(pinned, "promote", "digits", "staging") == f"{line}{PIN} pins 1.0.0 already; nothing to do\n"
    said = forks.verb(pinned, "status")
    assert line in said and "digits  1.0.0    1.0.0, runs nothing  -" in said
    said = forks.verb(pinned, "promote", "digits", "staging", "--version", "6.6.6", code=1)
    assert said.endswith(
        f"{PIN}: {TAG} {line.partition(': ')[2].partition('; ')[0]}; choose another version\n1 problem\n"
    )


def test_a_version_of_main_need_not_rise_above_it_and_that_of_its_own_is_taken(pinned: Path) -> None:
    line = told(forge(pinned))
    write(pinned, "1.1.0", **{"seed: 7": "seed: 8"})
    assert "2 environments, 1 pin: all valid" in forks.verb(pinned, "validate")
    assert "training.seed changed since digits@v1.0.0" in forks.verb(pinned, "changed")
    candidate(pinned)
    assert "published digits@v1.1.0" in forks.verb(pinned, "publish", "digits")
    write(pinned, "6.6.6", **{"seed: 8": "seed: 9"})
    candidate(pinned)
    said = forks.verb(pinned, "publish", "digits", code=1)
    assert f"{line.partition('; ')[0]}; write version: 6.6.7, 6.7.0 or 7.0.0 in models/digits/model.yaml\n" in said


def test_a_pin_of_it_is_refused_by_whatever_reads_pins_and_the_rest_is_deployed(pinned: Path) -> None:
    forks.verb(pinned, "deploy", "staging", "--apply")
    base = git(pinned, "rev-parse", "HEAD").strip()
    commit_id = forge(pinned)
    pin(pinned)
    target = pinned / "deployments/staging"
    shutil.copytree(target / "digits", target / "old")
    record = json.loads((target / ".owner.json").read_text())
    (target / ".owner.json").write_text(json.dumps(record | {"models": ["digits", "old"]}))
    refused = f"{PIN}:1: version: {TAG} {what(commit_id)}; pin another version\n"
    assert forks.verb(pinned, "validate", code=1) == f"{refused}1 problem\n"
    assert forks.verb(pinned, "deploy", "staging", "--since", base, code=1).endswith(f"{refused}1 problem\n")
    said = forks.verb(pinned, "deploy", "staging")
    assert said.endswith(f"1 change. Nothing was touched: run with --apply.\n{refused}")
    assert "6.6.6 (foreign), runs 1.0.0" in forks.verb(pinned, "status")
    said = forks.verb(pinned, "deploy", "staging", "--apply", code=1)
    assert said.endswith(f"{refused}1 problem\n")
    assert sorted(path.parent.name for path in target.glob("*/[0-9]*")) == ["digits"]
    assert [path.name for path in target.glob("digits/[0-9]*")] == ["1000000"]


def test_a_pin_of_it_is_refused_where_it_runs_already_too(pinned: Path) -> None:
    commit_id = forge(pinned)
    pin(pinned)
    git(pinned, "branch", "forked")
    git(pinned, "update-ref", "refs/heads/main", "topic-6.6.6")
    forks.verb(pinned, "deploy", "staging", "--apply")
    git(pinned, "update-ref", "refs/heads/main", "forked")
    refused = f"{PIN}:1: version: {TAG} {what(commit_id)}; pin another version\n"
    assert forks.verb(pinned, "deploy", "staging").endswith(refused)
    assert forks.verb(pinned, "deploy", "staging", "--apply", code=1) == f"{refused}1 problem\n"


def test_nothing_is_compared_with_it(pinned: Path, tmp_path: Path) -> None:
    forge(pinned)
    pin(pinned)
    write(pinned, "1.1.0")
    (model,) = models.load(pinned, ["digits"])
    incumbent = incumbents.find(pinned, model, FolderStore(pinned, pinned / "releases"), tmp_path)
    assert incumbent["version"] == "1.0.0"


def test_what_is_checked_out_decides_nothing_and_what_main_released_since_is_its_own(pinned: Path) -> None:
    git(pinned, "branch", "older")
    line = told(forge(pinned))
    write(pinned, "1.1.0")
    candidate(pinned)
    forks.verb(pinned, "publish", "digits")
    for branch in ("older", "topic-6.6.6"):
        git(pinned, "switch", "--quiet", branch)
        said = forks.verb(pinned, "promote", "digits", "staging")
        assert said.startswith(f"{line}{PIN}: 1.0.0 → 1.1.0\n")
        git(pinned, "checkout", PIN)


def test_it_is_a_release_once_its_commit_is_merged_and_not_when_only_its_files_are(pinned: Path) -> None:
    commit_id = forge(pinned)
    git(pinned, "merge", "--quiet", "--squash", "topic-6.6.6")
    git(pinned, "commit", "--quiet", "--message=squashed")
    assert told(commit_id) in forks.verb(pinned, "validate")
    git(pinned, "reset", "--quiet", "--hard", "HEAD^")
    git(pinned, "merge", "--quiet", "--no-ff", "--message=merge", "topic-6.6.6")
    assert forks.verb(pinned, "validate").startswith("1 model, 2 environments, 1 pin: all valid\n")
    assert f"{PIN}: 1.0.0 → 6.6.6\n" in forks.verb(pinned, "promote", "digits", "staging")


def test_a_branch_releases_nothing(fresh: Path) -> None:
    git(fresh, "switch", "--quiet", "--create", "topic")
    write(fresh, "1.0.1")
    candidate(fresh)
    head = git(fresh, "rev-parse", "HEAD").strip()
    refused = (
        f"models/digits: what was built is in {head[:12]}, which is not in the history of main, and a release of it"
        " foreign; merge it into main, and publish it there\n1 problem\n"
    )
    assert forks.verb(fresh, "publish", "digits", code=1) == refused
    assert (git(fresh, "tag"), [*fresh.glob("releases/digits*")]) == ("", [])
    git(fresh, "switch", "--quiet", "main")
    git(fresh, "merge", "--quiet", "topic")
    forks.verb(fresh, "publish", "digits")


def remote_head(root: Path) -> None:
    git(root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    git(root, "update-ref", "refs/remotes/origin/trunk", "main")
    git(root, "update-ref", "refs/heads/main", "topic-6.6.6")


def as_fetched(root: Path) -> None:
    """As a runner has it: nothing but what was fetched, and a commit that no branch is at."""
    git(root, "update-ref", "refs/remotes/origin/main", "main")
    git(root, "switch", "--quiet", "--detach", "topic-6.6.6")
    git(root, "branch", "--quiet", "-D", "main", "topic-6.6.6")


def of_a_fork(root: Path) -> None:
    git(root, "update-ref", "refs/remotes/upstream/main", "main")
    git(root, "update-ref", "refs/heads/main", git(root, "rev-list", "--max-parents=0", "HEAD").strip())


def named_by_release(root: Path) -> None:
    (root / ".github/workflows").mkdir(parents=True)
    (root / ".github/workflows/release.yml").write_text("on: {push: {branches: ['v*', trunk]}}\n")
    git(root, "branch", "--move", "main", "trunk")
    git(root, "branch", "main", "topic-6.6.6")


def master(root: Path) -> None:
    git(root, "branch", "--move", "main", "master")


HAVE = {remote_head: "trunk", as_fetched: "main", of_a_fork: "main", named_by_release: "trunk", master: "master"}


@pytest.mark.parametrize("have", HAVE, ids=lambda have: have.__name__)
def test_a_clone_knows_main_by_whatever_tells_it(pinned: Path, have) -> None:
    commit_id = forge(pinned)
    have(pinned)
    known, others = ledger.survey(pinned)
    assert [one.version for one in known["digits"]] == ["1.0.0"]
    assert [f"{problem}\n" for problem in ledger.problems(others.values())] == [told(commit_id, main=HAVE[have])]


def test_the_event_of_a_run_tells_it_first(pinned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forge(pinned)
    git(pinned, "branch", "--move", "topic-6.6.6", "trunk")
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"repository": {"default_branch": "trunk"}}))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    assert [one.version for one in ledger.load_all(pinned)["digits"]] == ["1.0.0", "6.6.6"]


def test_a_clone_that_has_no_main_calls_what_any_of_its_branches_holds_no_foreigner(pinned: Path) -> None:
    commit_id = forge(pinned)
    git(pinned, "branch", "--move", "main", "somewhere")
    assert len(ledger.load_all(pinned)["digits"]) == 2
    git(pinned, "branch", "--quiet", "-D", "topic-6.6.6")
    _, others = ledger.survey(pinned)
    assert [f"{problem}\n" for problem in ledger.problems(others.values())] == [told(commit_id, main="any branch")]


def test_a_shallow_clone_is_told_what_it_lacks_and_calls_nothing_foreign(pinned: Path, tmp_path: Path) -> None:
    git(pinned, "commit", "--quiet", "--allow-empty", "--message=later")
    git(tmp_path, "clone", "--quiet", "--depth=1", pinned.as_uri(), "shallow")
    expected = ".: is a shallow clone, which doesn't know all releases; run `git fetch --unshallow --tags`\n1 problem\n"
    assert forks.verb(tmp_path / "shallow", "status", code=1) == expected


def test_a_thousand_tags_cost_no_process_each(pinned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, run = [], subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *words, **more: asked.append(words) or run(*words, **more))
    ledger.survey(pinned)
    few = len(asked)
    message = git(pinned, "tag", "--list", "--format=%(contents)", "digits@v1.0.0")
    head, size = git(pinned, "rev-parse", "HEAD").strip(), len(message.encode())
    made = "".join(
        f"tag digits@v0.0.{number}\nfrom {head}\ntagger bench <b@example.org> 0 +0000\ndata {size}\n{message}\n"
        for number in range(1000)
    )
    run(["git", "fast-import", "--quiet"], cwd=pinned, input=made, text=True, check=True, env=ENVIRONMENT)
    asked.clear()
    assert len(ledger.load_all(pinned)["digits"]) == 1001
    assert len(asked) == few


def test_on_github_it_is_not_promoted_and_its_version_not_published(root: Path, hub: Hub) -> None:
    teams.release(root, hub)
    git(root, "switch", "--quiet", "--create", "topic")
    write(root, "6.6.6")
    commit_id = git(root, "rev-parse", "HEAD").strip()
    message = git(root, "tag", "--list", "--format=%(contents)", teams.TAG)
    git(root, "tag", "--annotate", "--cleanup=verbatim", f"--message={message}", TAG)
    hub.take(root, "topic")
    teams.update(root, hub)
    said = succeeds(root, hub, promote, "--pull-request")
    assert said.startswith(f"{told(commit_id)}digits@v1.0.0 to staging: opened: ")
    said = fails(root, hub, promote, "digits", "staging", "--version", "6.6.6", "--pull-request")
    assert said.endswith(f"{PIN}: {TAG} {what(commit_id)}; choose another version\n1 problem\n")
    git(root, "tag", "--delete", TAG)
    write(root, "6.6.6", **{"seed: 7": "seed: 8"})
    hub.take(root)
    candidate(root)
    said = fails(root, hub, publish, "digits")
    assert f"{TAG}: {what(commit_id)}; write version: 6.6.7 in models/digits/model.yaml\n" in said


def test_what_is_called_main_is_told(pinned: Path) -> None:
    assert mainline.find(pinned).name == "main"
    assert verb(pinned, "changed") == STALE
