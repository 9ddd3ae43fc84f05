"""Approvals: whose count for which commit, what the gate says of those that are missing, and how it counts again."""

import json
from collections.abc import Callable
from pathlib import Path

import changed
import gate
import pytest
import recount
import redone
import report
import teams
from hub import Hub
from hub.caller import Caller
from registries import commit, git
from talking import fails, succeeds

from registry.checks import jobs, rerun

SPEC, PIN = "environments/production.yaml", "environments/production/digits.yaml"
ASKS = 'approvals: {count: 2, from: [alice, bob, "@octo/release"]}'


@pytest.fixture(scope="module")
def start(start: Path) -> Path:
    """Production asks for two approvals, and takes any released version."""
    asks(start, ASKS)
    return start


def asks(root: Path, text: str) -> None:
    spec = root / SPEC
    kept = [one for one in spec.read_text("utf-8").splitlines() if not one.startswith(("approvals", "soak"))]
    spec.write_text("\n".join([*kept, text]).replace("takes_from: staging", "takes_from: releases") + "\n", "utf-8")
    commit(root)


@pytest.fixture
def pull(root: Path, hub: Hub) -> dict:
    """The pull request that pins digits 1.0.0 in production."""

    def open_it() -> None:
        teams.release(root, hub)
        git(root, "checkout", "--quiet", "-b", "topic")
        teams.pin(root, hub, "production")
        hub.repository.git.set_ref("refs/heads/main", git(root, "rev-parse", "main").strip())
        teams.pull(root, hub)

    redone.once(root, hub, open_it, "a pull request")
    return Caller(hub, hub.token).get("/pulls/1")


def says(hub: Hub, pull: dict, who: str, event: str = "APPROVE", **more: str) -> dict:
    """Let somebody review the pull request; one that ends in [bot] is one."""
    token = hub.app({"pull_requests": "write"}, who) if who.endswith("[bot]") else hub.user(who)
    return Caller(hub, token).post(f"/pulls/{pull['number']}/reviews", 200, event=event, body="b", **more)


def asked(root: Path, hub: Hub, tmp_path: Path) -> str:
    """Return the output `approvals` of the job `plan`."""
    (tmp_path / "outputs").write_text("")
    succeeds(root, hub, changed, "--base", "main", GITHUB_OUTPUT=str(tmp_path / "outputs"))
    found = dict(line.split("=", 1) for line in (tmp_path / "outputs").read_text().splitlines())
    return found["approvals"]


def gated(root: Path, hub: Hub, tmp_path: Path, pull: dict, code: int = 0, event: dict | None = None, **more: str) -> str:
    """Return what the gate says; all jobs have succeeded."""
    outputs = {"environments": '["production"]', "approvals": asked(root, hub, tmp_path)}
    needs = {one: {"result": "success", "outputs": {}} for one in jobs.EXPECTED}
    (tmp_path / "event.json").write_text(json.dumps(event or {"pull_request": pull}))
    given = {
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"), "GITHUB_TOKEN": hub.workflow({"pull_requests": "read"}),
        "NEEDS": json.dumps(needs | {"plan": {"result": "success", "outputs": outputs}}),
    }  # fmt: skip
    return (fails if code else succeeds)(root, hub, gate, **given | more)


def missing(said: str) -> str:
    """Return what the gate says is missing."""
    (line,) = [one for one in said.splitlines() if one.startswith(f"{SPEC}: ")]
    return line.removeprefix(f"{SPEC}: approvals: ")


def test_the_gate_waits_for_as_many_people_as_are_asked_for(root: Path, hub: Hub, tmp_path: Path, pull: dict) -> None:
    last = pull["head"]["sha"][:12]
    hidden = "this token is not told who is in @octo/release: name the people in from, or see SETUP.md"
    who = "alice, bob or somebody of @octo/release"
    assert missing(gated(root, hub, tmp_path, pull, 1)) == f"0 of 2 approvals; let {who} approve {last}; {hidden}"
    says(hub, pull, "alice")
    said = gated(root, hub, tmp_path, pull, 1)
    assert missing(said) == (
        f"1 of 2 approvals (alice); let bob or somebody of @octo/release approve {last}; {hidden}"
    )
    says(hub, pull, "Bob")  # names are the same in capitals
    assert "production: 2 of 2 approvals (alice, Bob)\n" in gated(root, hub, tmp_path, pull)


def test_a_team_counts_for_a_token_that_is_told_who_is_in_it(root: Path, hub: Hub, tmp_path: Path, pull: dict) -> None:
    hub.repository.teams["release"] = ["carol", "dan"]
    says(hub, pull, "carol")
    says(hub, pull, "dan")
    assert "0 of 2 approvals" in missing(gated(root, hub, tmp_path, pull, 1))
    said = gated(root, hub, tmp_path, pull, GITHUB_TOKEN=hub.user("octo"))
    assert "production: 2 of 2 approvals (carol, dan)\n" in said


CASES: dict[str, tuple[Callable[[Hub, dict], object], str]] = {
    "an earlier commit": (
        lambda hub, pull: says(hub, pull, "bob", commit_id=pull["base"]["sha"]), "bob (approved an earlier commit)"),
    "changes asked for since": (
        lambda hub, pull: (says(hub, pull, "bob"), says(hub, pull, "bob", "REQUEST_CHANGES")), "bob (asks for changes)"),
    "dismissed": (
        lambda hub, pull: Caller(hub, hub.token).put(
            f"/pulls/{pull['number']}/reviews/{says(hub, pull, 'bob')['id']}/dismissals", message="no"),
        "bob (was dismissed)"),
    "somebody else": (lambda hub, pull: says(hub, pull, "mallory"), "mallory (is not among those who count)"),
    "a bot": (lambda hub, pull: says(hub, pull, "helper[bot]"), "helper[bot] (is no person)"),
    "a comment alone": (lambda hub, pull: says(hub, pull, "bob", "COMMENT"), ""),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_no_approval_of_the_last_commit_by_somebody_who_counts_is_told(
    case: str, root: Path, hub: Hub, tmp_path: Path, pull: dict
) -> None:
    act, why = CASES[case]
    says(hub, pull, "alice")
    act(hub, pull)
    said = missing(gated(root, hub, tmp_path, pull, 1))
    assert said.startswith("1 of 2 approvals (alice); ")
    assert ("not counted" in said) == bool(why) and why in said


def test_a_comment_takes_no_approval_back_and_a_new_commit_takes_all(
    root: Path, hub: Hub, tmp_path: Path, pull: dict
) -> None:
    for who in "alice", "bob":
        says(hub, pull, who)
        says(hub, pull, who, "COMMENT")
    assert "2 of 2" in gated(root, hub, tmp_path, pull)
    git(root, "commit", "--quiet", "--allow-empty", "--message", "one more")
    hub.take(root, "topic")
    pull = Caller(hub, hub.token).get(f"/pulls/{pull['number']}")
    said = missing(gated(root, hub, tmp_path, pull, 1))
    assert said.startswith("0 of 2 approvals; ")
    assert "alice (approved an earlier commit), bob (approved an earlier commit)" in said


@pytest.mark.parametrize("message", [
    "promote it\n\nAsked-for-by: alice\nAsked-for-by: bob",
    "together\n\nCo-authored-by: Alice <7+alice@users.noreply.github.com>\nco-authored-by: B <bob@users.noreply.github.com>",
])  # fmt: skip
def test_whoever_opened_wrote_or_asked_for_it_does_not_approve_it(
    message: str, root: Path, hub: Hub, tmp_path: Path, pull: dict
) -> None:
    git(root, "commit", "--quiet", "--allow-empty", "--message", message)
    hub.take(root, "topic")
    pull = Caller(hub, hub.token).get(f"/pulls/{pull['number']}")
    for who in "alice", "bob":
        says(hub, pull, who)
    assert "alice (wrote it, or asked for it), bob (wrote it, or asked for it)" in missing(
        gated(root, hub, tmp_path, pull, 1)
    )


def test_where_nobody_is_named_all_count_who_may_write(root: Path, hub: Hub, tmp_path: Path) -> None:
    asks(root, "approvals: {count: 1}")
    hub.take(root)
    teams.release(root, hub)
    git(root, "checkout", "--quiet", "-b", "topic")
    teams.pin(root, hub, "production")
    hub.repository.git.set_ref("refs/heads/main", git(root, "rev-parse", "main").strip())
    pull = teams.pull(root, hub)
    hub.repository.readers.append("mallory")
    says(hub, pull, "mallory")
    said = missing(gated(root, hub, tmp_path, pull, 1))
    assert said == (
        f"0 of 1 approval; let others who may write approve {pull['head']['sha'][:12]};"
        " not counted: mallory (may not write here)"
    )
    says(hub, pull, "anybody")
    queued = {"merge_group": {"head_ref": f"refs/heads/gh-readonly-queue/main/pr-{pull['number']}-{'a' * 40}"}}
    for event in None, queued:
        assert "production: 1 of 1 approval (anybody)\n" in gated(root, hub, tmp_path, pull, event=event)
    said = gated(root, hub, tmp_path, pull, 1, event={"push": {}})
    assert "GITHUB_EVENT_PATH: names no pull request, of which approvals are asked; run this in check.yml\n" in said


def test_what_asks_for_approvals_is_what_goes_forward_and_what_changes_the_rules(
    root: Path, hub: Hub, tmp_path: Path, pull: dict
) -> None:
    wanted = '[{"environment":"production","count":2,"people":["alice","bob","@octo/release"]}]'

    def found() -> str:
        return json.dumps(json.loads(asked(root, hub, tmp_path)), separators=(",", ":"))

    assert found() == wanted
    assert "approve production: 2 approvals of alice, bob or somebody of @octo/release\n" in succeeds(
        root, hub, changed, "--base", "main"
    )
    spec = root / SPEC
    spec.write_text(spec.read_text().replace(ASKS, ""))  # spares nobody the question
    commit(root)
    assert found() == wanted
    git(root, "checkout", "--quiet", "main")
    spec.write_text(spec.read_text().replace(ASKS, ""))
    assert found() == wanted
    spec.unlink()
    assert found() == wanted
    git(root, "checkout", "--quiet", ".")
    (root / "environments/README.md").write_text("prose")
    assert found() == "[]"
    git(root, "merge", "--quiet", "topic~1", "--no-edit")
    git(root, "rm", "--quiet", PIN)
    assert found() == "[]"  # it goes, and nothing comes
    git(root, "commit", "--quiet", "--message", "away")
    git(root, "revert", "--no-edit", "HEAD")
    git(root, "branch", "--force", "topic")
    git(root, "reset", "--quiet", "--hard", "HEAD~1")
    git(root, "checkout", "--quiet", "topic")
    assert found() == "[]"  # it ran there before


def test_a_plan_that_says_nothing_of_approvals_stops_at_the_gate(root: Path, hub: Hub) -> None:
    for outputs in {"environments": '["production"]'}, {"approvals": "?"}, {"approvals": "[1]"}, {"approvals": "{}x"}:
        needs = {one: {"result": "success", "outputs": {}} for one in jobs.EXPECTED}
        said = fails(root, hub, gate, NEEDS=json.dumps(needs | {"plan": {"result": "success", "outputs": outputs}}))
        assert "job plan: does not say whose approvals are asked for; see its log, mend it, and push again\n" in said


def reviewed(hub: Hub, pull: dict) -> dict:
    return hub.add_run(".github/workflows/review.yml", "pull_request_review", pull["head"]["sha"], pull["head"]["ref"])


def recounts(root: Path, hub: Hub, run: dict, tmp_path: Path) -> tuple[str, str]:
    """Return what `recount` said, on main, and the run that it told of."""
    git(root, "checkout", "--quiet", "main")
    (tmp_path / "outputs").write_text("")
    token = hub.workflow({"actions": "write", "contents": "read", "pull_requests": "write"})
    rerun.PAUSE = 0.001
    said = succeeds(
        root, hub, recount, "--run", str(run["id"]), GITHUB_TOKEN=token, GITHUB_OUTPUT=str(tmp_path / "outputs")
    )
    return said, (tmp_path / "outputs").read_text().strip()


def test_a_review_has_the_gate_count_again_and_the_comment_says_what_came_of_it(
    root: Path, hub: Hub, tmp_path: Path, pull: dict
) -> None:
    run = hub.add_run(".github/workflows/check.yml", "pull_request", pull["head"]["sha"], "topic", conclusion="failure")
    run["jobs"] = {"plan": "success", "deploys (production)": "success", "gate": "failure"}

    def again() -> None:
        run["jobs"] |= {"gate": "success"}
        run.update(status="completed", conclusion="success")

    run["rerun"] = again
    says(hub, pull, "alice")
    git(root, "checkout", "--quiet", "main")
    succeeds(root, hub, report, "--run", str(run["id"]))
    (comment,) = hub.repository.comments.values()
    assert "**1 of 2 approvals (alice)**: let bob or somebody of @&#8203;octo/release approve" in comment["body"]
    assert comment["body"].splitlines()[1:3] == ["> [!CAUTION]", "> **1 job failed; production: 1 change**"]
    says(hub, pull, "bob")
    said, output = recounts(root, hub, reviewed(hub, pull), tmp_path)
    assert (said, output) == (f"#{pull['number']}: its gate counted again: success\n", f"run={run['id']}")
    assert run["run_attempt"] == 2 and [one.path for one in hub.calls if one.method == "POST"][-1].endswith("/rerun")
    succeeds(root, hub, report, "--run", str(run["id"]))
    (comment,) = hub.repository.comments.values()
    assert "2 of 2 approvals (alice, bob)." in comment["body"] and "The gate holds" not in comment["body"]


def test_there_is_nothing_to_count_where_nothing_is_asked_or_the_gate_is_yet_to_run(
    root: Path, hub: Hub, tmp_path: Path, pull: dict
) -> None:
    number, review = pull["number"], reviewed(hub, pull)
    hub.add_run(".github/workflows/check.yml", "pull_request", pull["base"]["sha"], "other")
    assert recounts(root, hub, review, tmp_path) == (f"#{number}: its checks have not run\n", "")
    facts = {"status": "in_progress", "conclusion": None, "jobs": {"plan": "success"}}
    run = hub.add_run(".github/workflows/check.yml", "pull_request", pull["head"]["sha"], "topic", **facts)
    told = f"#{number}: its gate is yet to run, and counts then\n"
    assert recounts(root, hub, review, tmp_path) == (told, "")
    run |= {"jobs": {"plan": "success", "gate": None}, "rerun": lambda: run.update(status="completed", conclusion="failure")}
    asked, answer = [], hub.answer

    def listen(ask):
        asked.append(ask.path)
        if sum(path.endswith(f"/runs/{run['id']}") for path in asked) == 3:  # it counted before the review
            run.update(status="completed", conclusion="success", jobs={"plan": "success", "gate": "success"})
        return answer(ask)

    hub.answer = listen
    assert recounts(root, hub, review, tmp_path) == (f"#{number}: its gate counted again: failure\n", f"run={run['id']}")
    hub.answer = answer
    git(root, "checkout", "--quiet", "-b", "other", "main")
    (root / "note.txt").write_text("n")
    other = teams.pull(root, hub, "other")
    told = f"#{other['number']} touches no environment that asks for approvals; nothing to count\n"
    assert recounts(root, hub, reviewed(hub, other), tmp_path) == (told, "")
    gone = hub.add_run(".github/workflows/review.yml", "pull_request_review", pull["base"]["sha"], "topic")
    said, _ = recounts(root, hub, gone, tmp_path)
    assert said.startswith("no open pull request has ") and said.endswith(" any more; nothing to count\n")
    assert "is no run of .github/workflows/review.yml" in fails(root, hub, recount, "--run", str(run["id"]))
    assert fails(root, hub, recount, "--run", "x").startswith("--run: x is no number; write that of a run\n")
