"""What is known beside Git: who stands behind a pull request as GitHub tells it, and reports as far as they can be trusted."""

import json
import shutil
from argparse import Namespace
from pathlib import Path

import forks
import pytest
import teams
from hub import Hub
from hub.caller import Caller
from loopback import Call, answering
from registries import commit
from squeezing import Repository

from registry.answering import beside
from registry.answering.beside import Beside
from registry.github.answers import GitHubError
from registry.github.client import GitHub
from registry.releases import ledger
from registry.releases.folder import FolderStore

TAG = "digits@v1.2.0"


def told(root: Path, hub: Hub, token: str | None = None) -> Beside:
    github = GitHub(hub.api_url, hub.repository.full_name, token or hub.token, hub.server_url)
    return Beside(root, FolderStore(root, root / "releases"), github, "")


def review(hub: Hub, number: int, who: str, event: str, **more: str) -> None:
    Caller(hub, hub.user(who)).post(f"/pulls/{number}/reviews", 200, event=event, body="", **more)


def test_approvers_are_those_whose_last_word_on_the_last_commit_is_yes(root: Path, hub: Hub) -> None:
    (root / "README.md").write_text("first")
    pull = teams.pull(root, hub)
    number, first = pull["number"], pull["head"]["sha"]
    for who, event in [("ben", "APPROVE"), ("eve", "APPROVE"), ("eve", "REQUEST_CHANGES"), ("dan", "APPROVE")]:
        review(hub, number, who, event)
    (root / "README.md").write_text("second")
    commit(root)
    hub.take(root, "topic")
    for who, event in [("carl", "REQUEST_CHANGES"), ("carl", "APPROVE"), ("dan", "APPROVE"), ("dan", "COMMENT"),
                       ("ben", "COMMENT"), ("fay", "APPROVE")]:  # fmt: skip
        review(hub, number, who, event)
    review(hub, number, "late", "APPROVE", commit_id=first)
    those = hub.repository.pulls[number]["reviews"]
    those[-2]["user"] = None  # an account that is gone
    those.append(those[-3] | {"state": "APPROVED", "user": "octo"})  # which GitHub lets no author do
    teams.merge(root, hub, pull)
    (merge,) = {one["merge_commit_sha"] for one in hub.repository.pulls.values()}
    found = told(root, hub).merged(merge)
    assert (found.author, found.merger, found.approvers) == ("octo", "octo", ("carl", "dan"))
    assert found[:2] == (number, "a topic")
    assert found.address == f"{hub.server_url}/octo/models/pull/{number}"


def test_what_no_pull_request_brought_and_what_github_hides_are_told_apart(root: Path, hub: Hub) -> None:
    main, calls = hub.repository.git.resolve("refs/heads/main"), hub.calls
    known = told(root, hub)
    assert (known.merged(main), known.merged("0" * 40), known.why_unknown) == (None, None, "")
    count = len(calls)
    assert known.merged(main) is None and len(calls) == count, "each thing is asked once"
    hub.repository.private = True
    hidden = told(root, hub, hub.workflow({"contents": "read"}))
    assert (hidden.merged(main), hidden.why_unknown) == (None, beside.HIDDEN)
    count = len(calls)
    assert hidden.merged("1" * 40) is None and len(calls) == count
    with pytest.raises(GitHubError, match="401"):
        told(root, hub, "nonsense").merged(main)


@pytest.mark.parametrize(("repository", "token", "why"), [
    (None, "", beside.NOT_ASKED), ("octo/models", "", beside.NO_TOKEN), ("octo/models", "some", ""),
])  # fmt: skip
def test_why_nothing_of_github_is_known_is_told(
    root: Path, monkeypatch: pytest.MonkeyPatch, repository: str | None, token: str, why: str
) -> None:
    for name, value in {"GITHUB_REPOSITORY": "", "GITHUB_TOKEN": token, "REGISTRY_TOKEN": ""}.items():
        monkeypatch.setenv(name, value)
    options = Namespace(releases=None, repository=repository)
    assert beside.choose(root, options).why_unknown == why


@pytest.mark.parametrize(("place", "value", "said"), [
    ("version", "1.3.0", "is of digits@v1.2.0, with the report of digits 1.3.0; has another version than "),
    ("verdict", "fail", "has a verdict that does not follow from its metrics and thresholds"),
    ("artifact", {"name": "digits-1.2.0.tar", "size": 1, "sha256": "0" * 64}, "names no artifact that is the one in its "
     "report"),
])  # fmt: skip
def test_a_report_that_does_not_follow_from_its_parts_is_as_good_as_none(
    past: Repository, tmp_path: Path, place: str, value: object, said: str
) -> None:
    release, folder = (
        ledger.load_all(past[0])["digits"][-1],
        Path(shutil.copytree(past[0] / "releases", tmp_path / "releases")),
    )
    known = Beside(past[0], FolderStore(past[0], folder), None, "")
    assert known.report(release)["metrics"]["accuracy"] == 0.956 and known.problems == []
    path = folder / TAG / "release.json"
    facts = json.loads(path.read_text())
    facts["report"][place] = value
    path.write_text(json.dumps(facts))
    doubted = Beside(past[0], FolderStore(past[0], folder), None, "")
    assert doubted.report(release) is doubted.report(release) is None
    (problem,) = doubted.problems
    assert str(problem).startswith(f"{TAG}/release.json: {said}")
    shutil.rmtree(path.parent)
    gone = Beside(past[0], FolderStore(past[0], folder), None, "")
    assert (gone.report(release), gone.problems) == (None, [])


def test_a_report_of_other_bytes_than_the_tag_names_is_not_trusted(past: Repository) -> None:
    release = ledger.load_all(past[0])["digits"][-1]
    known = beside.choose(past[0], Namespace(releases=None, repository=None))
    assert known.report(release._replace(sha256="0" * 64)) is None
    assert [problem.text for problem in known.problems] == [
        "is of an artifact with another digest than the tag has; don't trust it, move the release's folder away and "
        "publish it again"
    ]  # fmt: skip


def test_where_github_does_not_answer_it_is_asked_once_and_why_nothing_is_known_is_told(past: Repository) -> None:
    def down(call: Call) -> None:
        call.reply(503, {"message": "no"}, Retry_After="300")  # which is not waited for

    with answering(down) as server:
        github = GitHub(server.url(), "octo/models", "some", server.url())
        known = Beside(past[0], FolderStore(past[0], past[0] / "releases"), github, "")
        assert (known.merged(past[1][0]), known.merged(past[1][1]), len(server.asked)) == (None, None, 1)
    assert known.why_unknown == beside.SILENT.format("POST /graphql: 503 service unavailable (no)")


@pytest.mark.parametrize("words", [
    ("show", "digits"), ("compare", "digits", "1.1.0", "1.2.0"), ("why", "digits", "staging"),
    ("catalogue",),
], ids=lambda words: words[0])  # fmt: skip
def test_a_folder_of_releases_that_is_not_there_is_refused_by_what_reads_it(
    past: Repository, words: tuple[str, ...]
) -> None:
    for name in "relaeses", "/gone", "README.md":
        assert forks.verb(past[0], *words, "--releases", name, code=1) == (
            f"--releases: {name} is no folder here; name the one where releases lie, or leave it out: releases\n1 problem\n"
        )
