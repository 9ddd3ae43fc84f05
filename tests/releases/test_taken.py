"""Tags, releases and drafts that somebody else made: recognised, told with the next free version, never touched."""

import os
import shutil
from pathlib import Path

import changed
import collect
import promote
import publish
import pytest
import status
import teams
import validate
from hub import Call, Hub
from hub.caller import Caller
from published import check_released
from registries import candidate, commit, git
from talking import fails, run, succeeds

from registry.releases.drafts import MARK, WORDS

TAG = teams.TAG
SPEC = "models/digits/model.yaml"
BY_HAND = f"{TAG}: is a tag without a release's trailers ('Fingerprint')"
LEFT = "1.0.0 can't be released while it is there, and nothing else is held up"
DELETE = (
    f"{LEFT}; to free it, run `git tag -d '{TAG}'`, where it was pushed after `git push --delete origin '{TAG}'`"
    " by somebody who may bypass the rule for tags"
)
BURNED = f"{TAG}: is burned: an immutable release had this tag once, and GitHub never gives it again"


@pytest.fixture(scope="module")
def start(start: Path) -> Path:
    candidate(start)
    return start


def free(version: str) -> str:
    return f"; write version: {version} in {SPEC}\n1 problem\n"


def lightweight(root: Path, hub: Hub, tag: str = TAG) -> None:
    hub.repository.git.set_ref(f"refs/tags/{tag}", git(root, "rev-parse", "HEAD").strip())


def annotated(root: Path, hub: Hub, tag: str = TAG) -> None:
    git(root, "tag", "--annotate", "--message", "mine", tag)
    hub.take(root)
    git(root, "tag", "--delete", tag)


def write_version(root: Path, hub: Hub, version: str) -> None:
    spec = root / SPEC
    lines = spec.read_text().splitlines()
    spec.write_text("\n".join(f"version: {version}" if line.startswith("version:") else line for line in lines) + "\n")
    commit(root)
    hub.take(root)


def drafts(hub: Hub) -> list[str]:
    return [one.name for one in hub.repository.releases.values() if one.draft]


@pytest.mark.parametrize("make", [lightweight, annotated], ids=lambda make: make.__name__)
def test_a_tag_that_was_made_by_hand_is_taken_and_the_next_free_version_named(root: Path, hub: Hub, make) -> None:
    make(root, hub)
    lightweight(root, hub, "digits@v1.0.1")
    assert fails(root, hub, publish, "digits") == BY_HAND + free("1.0.2")
    assert not hub.repository.releases
    teams.update(root, hub)
    shutil.rmtree(root / "candidates")  # it is told before any candidate is asked for
    assert fails(root, hub, publish, "digits").endswith(BY_HAND + free("1.0.2"))


def test_the_version_that_is_named_as_free_can_be_released(root: Path, hub: Hub) -> None:
    lightweight(root, hub)
    assert fails(root, hub, publish, "digits") == BY_HAND + free("1.0.1")
    write_version(root, hub, "1.0.1")
    candidate(root)
    assert succeeds(root, hub, publish, "digits").startswith("published digits@v1.0.1: ")
    teams.update(root, hub)
    said = succeeds(root, hub, publish, "digits")
    assert said.startswith("digits@v1.0.1 is published already with these bytes; nothing to do\n")
    assert said.endswith(f"{BY_HAND}; {DELETE}\n")


def test_a_tag_that_was_made_by_hand_in_this_clone_only_is_told_to_be_deleted(root: Path, hub: Hub) -> None:
    git(root, "tag", TAG)
    assert fails(root, hub, publish, "digits").endswith(f"{BY_HAND}; {DELETE}\n1 problem\n")
    assert not hub.repository.releases


def test_a_release_tag_of_this_clone_that_was_never_pushed_is_told(root: Path, hub: Hub) -> None:
    succeeds(root, hub, publish, "digits", "--releases", "releases")
    assert fails(root, hub, publish, "digits") == (
        f"{TAG}: is a tag in this clone that {hub.server_url}/octo/models does not have; "
        f"push it, `git push origin '{TAG}'`, or delete it, `git tag -d '{TAG}'`\n1 problem\n"
    )
    hub.take(root)
    succeeds(root, hub, publish, "digits")
    check_released(root, hub)


def test_a_tag_that_is_another_one_in_this_clone_is_told(root: Path, hub: Hub) -> None:
    succeeds(root, hub, publish, "digits")
    message = hub.repository.git.text("for-each-ref", "--format=%(contents)", f"refs/tags/{TAG}")
    commit(root)
    git(root, "tag", "--annotate", "--cleanup=verbatim", "--message", message, TAG)
    assert fails(root, hub, publish, "digits") == (
        f"{TAG}: is another tag in this clone than in {hub.server_url}/octo/models; "
        "run `git fetch --tags --force`\n1 problem\n"
    )


def test_a_release_that_was_published_by_hand_is_taken_without_its_tag_too(root: Path, hub: Hub, octo: Caller) -> None:
    for version in ("1.0.0", "1.0.1"):
        octo.post("/releases", tag_name=f"digits@v{version}", name="mine", body="by hand")
    assert fails(root, hub, publish, "digits") == BY_HAND + free("1.0.2")
    for version in ("1.0.0", "1.0.1"):
        octo.delete(f"/git/refs/tags/digits@v{version}")
    assert fails(root, hub, publish, "digits") == (
        f"{TAG}: is a release without release.json, as when somebody publishes one by hand" + free("1.0.2")
    )
    assert [one.body for one in hub.repository.releases.values()] == ["by hand", "by hand"]


def meanwhile(hub: Hub, message: str | None) -> None:
    """Let somebody make the tag between the look at it and its making: with the same words, or with these."""
    repository = hub.repository.git

    def act(call: Call) -> None:
        if (call.method, call.template) == ("POST", "/repos/{owner}/{repo}/git/tags"):
            listed = repository.lines("cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)")
            (made,) = [line.split()[1] for line in listed if line.startswith("tag ")]
            head, _, words = repository.read(made, "tag").decode().partition("\n\n")
            other = f"{head.replace('tagger ', 'tagger somebody else, ')}\n\n{message or words}"
            repository.set_ref(f"refs/tags/{TAG}", repository.write("tag", other.encode()))

    hub.after_call = act


def test_a_tag_that_another_run_made_at_the_same_moment_is_ours_when_it_says_the_same(root: Path, hub: Hub) -> None:
    meanwhile(hub, None)
    succeeds(root, hub, publish, "digits")
    check_released(root, hub)


def test_another_tag_that_was_made_at_the_same_moment_is_taken(root: Path, hub: Hub) -> None:
    meanwhile(hub, "mine\n")
    assert fails(root, hub, publish, "digits") == (
        f"{TAG}: is a tag that somebody made at the same moment, on another commit or with other words" + free("1.0.1")
    )
    assert [one.draft for one in hub.repository.releases.values()] == [True]


def test_a_tag_that_another_model_s_owner_made_by_hand_holds_no_other_model_up(root: Path, hub: Hub) -> None:
    shutil.copytree(root / "models/digits", root / "models/other")
    commit(root)
    git(root, "tag", "other@v1.0.0")
    hub.take(root)
    candidate(root)
    told = f"{BY_HAND}; {DELETE}\n".replace("digits", "other")
    before = git(root, "rev-parse", "HEAD~1").strip()
    assert succeeds(root, hub, changed).startswith(f"{told}digits 1.0.0: has no release yet\n")
    assert fails(root, hub, changed, "--base", before).endswith(f"{told}1 problem\n")
    assert told in succeeds(root, hub, status)
    assert told in succeeds(root, hub, validate)
    assert "must be trained again" not in succeeds(root, hub, collect).replace("digits 1.0.0: must be", "")
    assert succeeds(root, hub, publish, "digits").startswith(f"published {TAG}: ")
    check_released(root, hub)
    teams.update(root, hub)
    said = succeeds(root, hub, promote, "--pull-request")
    assert said.startswith(f"{told}{TAG} to staging: opened: ")
    assert fails(root, hub, promote, "other", "staging") == (
        f"{told}environments/staging/other.yaml: other has no release to pin; publish one: `tox run -e publish --"
        " other`\n1 problem\n"
    )
    succeeds(root, hub, promote, "digits", "staging")


def test_the_next_free_version_is_above_the_newest_release(root: Path, hub: Hub) -> None:
    succeeds(root, hub, publish, "digits")
    teams.release(root, hub, "2.0.0")
    write_version(root, hub, "1.0.0")
    candidate(root, filler=1)
    said = fails(root, hub, publish, "digits")
    assert said == f"{TAG}: is released with other bytes, and a version is never reused; raise it: 2.0.1\n1 problem\n"
    shutil.copytree(root, root.with_name("folder"))
    said = fails(root.with_name("folder"), hub, publish, "digits", "--releases", "none")
    assert "; raise it: 2.0.1, 2.1.0 or 3.0.0\n" in said


def restrict(octo: Caller, include: str) -> None:
    conditions = {"ref_name": {"include": [include], "exclude": []}}
    octo.post("/rulesets", name="no tags", target="tag", enforcement="active", conditions=conditions,
              rules=[{"type": "creation"}])  # fmt: skip


@pytest.mark.parametrize("include", ["~ALL", "refs/tags/*@v*"])
def test_a_rule_that_forbids_the_tag_is_no_burned_tag(root: Path, hub: Hub, octo: Caller, include: str) -> None:
    restrict(octo, include)
    assert fails(root, hub, publish, "digits") == (
        f"{TAG}: a rule of the repository forbids making this tag: ruleset “no tags”; let GitHub Actions, or whose"
        " token publishes, bypass it: Settings → Rules → Rulesets\n1 problem\n"
    )
    hub.repository.rulesets.clear()
    succeeds(root, hub, publish, "digits")
    check_released(root, hub)


def burn(root: Path, hub: Hub, octo: Caller) -> None:
    hub.repository.immutable_releases = True
    succeeds(root, hub, publish, "digits")
    check_released(root, hub)
    (number,) = hub.repository.releases
    octo.delete(f"/releases/{number}")
    octo.delete(f"/git/refs/tags/{TAG}")


def test_with_immutable_releases_on_it_is_the_same_and_a_burned_tag_is_explained(
    root: Path, hub: Hub, octo: Caller
) -> None:
    burn(root, hub, octo)
    restrict(octo, "refs/tags/v*")
    assert fails(root, hub, publish, "digits") == BURNED + free("1.0.1")
    assert not hub.repository.releases


def test_a_release_of_a_burned_tag_that_is_still_there_is_explained(root: Path, hub: Hub, octo: Caller) -> None:
    hub.repository.immutable_releases = True
    succeeds(root, hub, publish, "digits")
    hub.repository.releases.clear()
    assert fails(root, hub, publish, "digits") == BURNED + free("1.0.1")
    assert not hub.repository.releases


def test_a_burned_tag_is_explained_where_there_are_no_rulesets(root: Path, hub: Hub, octo: Caller) -> None:
    burn(root, hub, octo)
    hub.repository.private = hub.repository.free = True
    assert fails(root, hub, publish, "digits") == BURNED + free("1.0.1")


def test_a_draft_of_a_burned_tag_that_a_stopped_run_left_goes(root: Path, hub: Hub, octo: Caller) -> None:
    burn(root, hub, octo)
    for _ in range(2):
        octo.post("/releases", tag_name=TAG, draft=True, body=WORDS)
    assert fails(root, hub, publish, "digits") == BURNED + free("1.0.1")
    assert not hub.repository.releases


def test_drafts_of_people_are_told_and_left_as_they_are(root: Path, hub: Hub, octo: Caller) -> None:
    mine = [octo.post("/releases", tag_name=TAG, draft=True, name="mine", body="precious", prerelease=True)
            for _ in range(2)]  # fmt: skip
    octo.upload(mine[0], "notes.txt", b"mine")
    octo.upload(mine[1], "digits-1.0.0.tar", b"mine")
    said = succeeds(root, hub, publish, "digits")
    for one in mine:
        told = f"{TAG}: {one['html_url']} is somebody's draft, and is left alone; delete it, or change its tag\n"
        assert said.count(told) == 1
        kept = hub.repository.releases.pop(one["id"])
        assert (kept.draft, kept.name, kept.body, kept.prerelease) == (True, "mine", "precious", True)
        assert [asset.path.read_bytes() for asset in kept.assets.values()] == [b"mine"]
    check_released(root, hub)
    (release,) = hub.repository.releases.values()
    assert (release.prerelease, MARK in release.body) == (False, False)


def test_a_draft_of_ours_that_somebody_marked_as_a_prerelease_becomes_none(root: Path, hub: Hub, octo: Caller) -> None:
    octo.post("/releases", tag_name=TAG, draft=True, body=WORDS, prerelease=True)
    succeeds(root, hub, publish, "digits")
    check_released(root, hub)
    assert [one.prerelease for one in hub.repository.releases.values()] == [False]


def test_a_second_draft_that_a_killed_run_left_goes_with_the_next_run(root: Path, hub: Hub) -> None:
    hub.listing_lag = 1
    note = hub.root / "pid"
    at = "/repos/{owner}/{repo}/releases"
    hub.faults.add("reset-after", method="POST", template=at)
    hub.faults.add("kill", method="PATCH", template=f"{at}/{{release_id}}", pid=lambda: int(note.read_text()))
    assert run(root, hub, publish, "digits", first=lambda: note.write_text(str(os.getpid())))[0] < 0
    assert sorted(one.draft for one in hub.repository.releases.values()) == [False, True]
    assert "nothing to do" in succeeds(root, hub, publish, "digits")
    check_released(root, hub)
