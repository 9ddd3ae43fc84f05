"""What a deploy found is told by another job: one issue an environment, and how trials ended on their pull requests."""

import json
from pathlib import Path

import deploy
import notify
import pytest
import redone
import teams
from hub import Hub
from hub.caller import Caller
from registries import candidate, git
from talking import fails, succeeds

from registry.artifacts import litert  # noqa: F401  it loads what deploy proves
from registry.environments.reconcile import Ended
from registry.notifying import leaving
from registry.notifying.leaving import Left

MARK = "<!-- what is wrong in the environment staging -->"
MODEL = "deployments/staging/digits"
FILE = f"{MODEL}/1000000/saved_model.pb"
GONE = "environments/staging/digits.yaml:1: digits@v1.0.0 was taken away by somebody, and `drift: report` leaves it so; "
PIN = "environments/staging/digits.yaml"
FOUND = "findings/findings-staging/findings.json"
APPLY = "staging", "--apply", "--findings", FOUND
OPEN = "- digits 1.0.0 differed from its release; it was left as it is"


@pytest.fixture(scope="module")
def start(start: Path) -> Path:
    candidate(start)
    return start


@pytest.fixture
def running(root: Path, hub: Hub) -> Path:
    """A repository whose staging runs a release, with an issue of somebody who knows how ours begin."""

    def run() -> None:
        teams.release(root, hub)
        teams.pin(root, hub, "staging")
        succeeds(root, hub, deploy, "staging", "--apply")

    redone.once(root, hub, run, "running")
    return root


def issues(hub: Hub) -> list[dict]:
    return [one for one in hub.repository.issues.values() if "drift" in one["labels"]]


def told(hub: Hub) -> tuple[str, list[str], list[str]]:
    """Return of the one issue its state, what it lists, and the comments on it, without their times."""
    (one,) = issues(hub)
    comments = [each["body"] for each in hub.repository.comments.values() if each["issue"] == one["number"]]
    listed = [line for line in one["body"].splitlines() if line.startswith("- ")]
    assert one["body"].startswith(MARK)
    return one["state"], listed, [each.rpartition(". ")[0] for each in comments]


def notified(root: Path, hub: Hub) -> str:
    """Tell what the last deploy found; return what is said of it."""
    return succeeds(root, hub, notify, "findings")


def left(root: Path, *ended: Ended, environment: str = "staging", **facts: object) -> None:
    """Leave what a deploy would have found."""
    told = {"findings": [], "is_well": True, "is_rehearsed": False} | facts
    leaving.write(root / FOUND, Left(environment, ended=[*ended], **told))


def test_nothing_wrong_opens_nothing(running: Path, hub: Hub) -> None:
    assert succeeds(running, hub, deploy, *APPLY) == "staging: nothing to do; it runs what is pinned\n"
    assert notified(running, hub) == "staging: nothing to tell\n"
    assert issues(hub) == []


def test_drift_that_is_healed_leaves_a_closed_issue_that_says_so(running: Path, hub: Hub) -> None:
    (running / FILE).write_text("other")
    writes = len(hub.calls.writes)
    succeeds(running, hub, deploy, *APPLY)
    assert len(hub.calls.writes) == writes, "who loads models writes nothing"
    assert notified(running, hub).startswith("staging: closed http")
    assert told(hub) == (
        "closed",
        ["- digits 1.0.0 differed from its release; it was put right"],
        ["Put right by the deploy that found it"],
    )


def test_drift_that_is_only_told_has_one_open_issue_until_it_is_gone(running: Path, hub: Hub) -> None:
    place = running / "environments/staging.yaml"
    place.write_text(f"{place.read_text()}drift: report\n")
    whole = (running / FILE).read_bytes()
    (running / FILE).write_text("other")
    said = fails(running, hub, deploy, *APPLY)
    assert said.endswith(
        "environments/staging/digits.yaml:1: what runs is not digits@v1.0.0 as it was deployed, and `drift: report` "
        "leaves it so; put it right by hand, or write drift: heal into the environment\n1 problem\n"
    )
    assert (running / FILE).read_text() == "other"
    notified(running, hub)
    before = told(hub)
    assert before == ("open", [OPEN], [])
    fails(running, hub, deploy, *APPLY)
    assert notified(running, hub) == "staging: nothing to tell\n"
    assert told(hub) == before
    (running / MODEL).rename(running / "deployments/elsewhere")
    assert "(drift: gone; brought back)\n" + GONE in fails(running, hub, deploy, *APPLY)
    assert not (running / MODEL).exists()
    assert notified(running, hub).startswith("staging: brought up to date: http")
    before = told(hub)
    assert before == ("open", ["- digits 1.0.0 was taken away by somebody; it was left as it is"], [])
    (running / "deployments/elsewhere").rename(running / MODEL)
    (running / FILE).write_bytes(whole)
    succeeds(running, hub, deploy, *APPLY)
    assert notified(running, hub).startswith("staging: closed http")
    assert told(hub) == ("closed", before[1], ["What runs is what is pinned, and nothing is held"])


def test_a_deploy_that_can_look_at_nothing_leaves_nothing_and_closes_nothing(running: Path, hub: Hub) -> None:
    left(running, findings=["a file differed"], is_well=False)
    notified(running, hub)
    (running / "deployments/staging/.owner.json").write_text("{")
    fails(running, hub, deploy, *APPLY)
    said = fails(running, hub, notify, "findings")
    assert said == "findings: holds nothing that a deploy found; let `deploy --findings` write it\n1 problem\n"
    assert told(hub)[0] == "open"


def test_what_is_not_as_pinned_yet_closes_nothing_though_nothing_new_was_found(running: Path, hub: Hub) -> None:
    """As where the next version, pinned in place of one that was held, can't be fetched just now."""
    left(running, findings=["digits 1.0.0 is held"], is_well=False)
    notified(running, hub)
    left(running, findings=[], is_well=False)
    assert (notified(running, hub), told(hub)[0]) == ("staging: nothing to tell\n", "open")
    left(running, findings=[], is_well=True)
    assert notified(running, hub).startswith("staging: closed http")


def test_what_a_hosted_runner_rehearsed_is_no_matter_of_the_issue(running: Path, hub: Hub) -> None:
    left(running, findings=["a file differed"], is_well=False)
    notified(running, hub)
    succeeds(running, hub, deploy, *APPLY, RUNNER_ENVIRONMENT="github-hosted")
    assert notified(running, hub) == "staging: rehearsed, so nothing of it keeps running; nothing to tell\n"
    assert told(hub)[0] == "open"


def test_a_token_that_may_not_write_issues_is_told_and_holds_no_other_word_up(running: Path, hub: Hub) -> None:
    left(running, Ended("digits", "1.0.0", "promoted", "0% of 60 requests failed"), findings=["a file differed"])
    hub.faults.add("403", when=lambda call: call.method == "POST" and call.path.endswith("/issues"))
    said = fails(running, hub, notify, "findings")
    assert said.startswith("staging: digits 1.0.0 was tried, and promoted; no pull request brought its pin\nPOST /repos/")
    assert "the token may not do this; give the job, or the token, that permission" in said


def test_thousands_of_findings_fit_into_the_issue_which_says_how_many_more_there_are(running: Path, hub: Hub) -> None:
    many = [f"digits{number} 1.0.0 differed from its release; it was left as it is" for number in range(2000)]
    left(running, findings=many, is_well=False)
    assert notified(running, hub).startswith("staging: opened http")
    _, listed, _ = told(hub)
    assert listed[:-1] == [f"- {one}" for one in many[: len(listed) - 1]]
    assert listed[-1] == f"- and {1000 - len(listed) + 1:,} more, which the log of the deploy has"


def test_how_a_trial_ended_is_one_comment_on_the_pull_request_that_moved_the_pin(root: Path, hub: Hub) -> None:
    teams.release(root, hub)
    (root / "environments/staging").mkdir(exist_ok=True)
    (root / PIN).write_text(f"version: 1.0.0\nsha256: {'a1' * 32}\n")
    pull = teams.pull(root, hub)
    teams.merge(root, hub, pull)
    commit = git(root, "rev-parse", "HEAD").strip()
    one = Ended("digits", "1.0.0", "put back", "errors: 50% of 60 requests failed; 1% may, @octo\n<b>", commit)
    mark = "<!-- how digits 1.0.0 did in the environment staging -->"
    Caller(hub, hub.user("somebody")).post(f"/issues/{pull['number']}/comments", body=mark)
    left(root, one)
    said = notified(root, hub)
    assert said.startswith("staging: digits 1.0.0 was tried, and put back: http")
    _, comment = hub.repository.comments.values()
    assert comment["issue"] == pull["number"]
    assert comment["body"] == (
        f"{mark}\n"
        "> [!CAUTION]\n> **digits 1.0.0 was tried in staging, and put back**\n>\n"
        "> errors: 50&#37; of 60 requests failed; 1&#37; may, &#64;octo &#60;b&#62;\n> \n"
        "> It is held: what ran before answers. Revert this pull request, or pin another version; "
        "<code>tox run -e status</code> tells how to try it again."
    )
    left(root, Ended("digits", "1.0.0", "promoted", "0% of 60 requests failed", commit))
    notified(root, hub)
    notified(root, hub)
    _, comment = hub.repository.comments.values()
    assert "> **digits 1.0.0 was tried in staging, and promoted**\n" in comment["body"]


def test_what_is_left_is_anybody_s_words_and_taken_only_as_far_as_it_is_of_main(running: Path, hub: Hub) -> None:
    """It comes from a machine where models ran."""
    others = {"other": "1.0.0", "digits": "1.1.0"}
    head = git(running, "rev-parse", "HEAD").strip()
    ended = [Ended(model, version, "promoted", "", head) for model, version in others.items()]
    left(running, *ended, Ended("digits", "1.0.0", "promoted", "", "0" * 40))
    for name, words in {"alien": {"environment": "stagin"}, "twice": {}, "odd": {"is_well": "yes"}, "text": None}.items():
        place = running / f"findings/{name}.json"
        place.write_text(json.dumps(json.loads((running / FOUND).read_text()) | {"ended": []} | words) if words is not None else "[")
    advice = "let `deploy --findings` write it"
    pinned = "is no commit of main that pinned"
    before = len(hub.calls.writes)
    assert fails(running, hub, notify, "findings") == (
        "staging: nothing to tell\n"
        "findings/alien.json: environment: stagin is no environment here; did you mean staging?\n"
        f"{FOUND}: ended[0].commit: {head[:12]} {pinned} other 1.0.0 in staging; {advice}\n"
        f"{FOUND}: ended[1].commit: {head[:12]} {pinned} digits 1.1.0 in staging; {advice}\n"
        f"{FOUND}: ended[2].commit: {'0' * 12} {pinned} digits 1.0.0 in staging; {advice}\n"
        f"findings/odd.json: is damaged (is_well \"yes\" is text); {advice}\n"
        f"findings/text.json: is not JSON (Expecting value: line 1 column 2 (char 1)); {advice}\n"
        "6 problems\n"
    )
    assert len(hub.calls.writes) == before
    left(running)
    assert "findings/twice.json: environment: staging is told of by two documents; leave one of them\n" in fails(
        running, hub, notify, "findings"
    )
