"""Promotions into environments that are frozen, and of people who asked for them."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import promote
import status
import teams
from hub import Hub
from hub.caller import Caller
from promoting import BRANCH, PIN, proposes, the_pull, workflow
from registries import commit
from talking import fails, succeeds

SPEC = "environments/staging.yaml"
ASKED = {"GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_ACTOR": "alice", "GITHUB_TRIGGERING_ACTOR": "bob"}


def write(root: Path, hub: Hub, text: str) -> None:
    spec = root / SPEC
    spec.write_text(f"{spec.read_text('utf-8')}{text}\n", "utf-8")
    commit(root)
    hub.take(root)


def freeze() -> str:
    first, last = (f"{datetime.fromtimestamp(time.time() + one, UTC):%Y-%m-%dT%H:%M}" for one in (-3600, 7200))
    return f'freeze: [{{from: "{first}", to: "{last}", zone: UTC, reason: holidays}}]'


def test_nobody_s_promotion_waits_until_the_freeze_is_over_and_fails_no_run(root: Path, hub: Hub) -> None:
    write(root, hub, freeze())
    said = proposes(root, hub)
    assert re.fullmatch(
        r"digits@v1\.0\.0 to staging: waits, since staging is frozen until \S+ \S+ UTC \(holidays\); run the workflow"
        r" `release` then\n",
        said,
    )
    assert not hub.repository.pulls
    said = fails(root, hub, promote, "digits", "staging", "--pull-request", **workflow(hub))
    assert said.startswith(f"{PIN}: staging is frozen until ") and not hub.repository.pulls
    assert "name a MODEL and an ENVIRONMENT" in proposes_badly(root, hub)


def proposes_badly(root: Path, hub: Hub) -> str:
    from talking import run

    code, said = run(root, hub, promote, "--pull-request", "--override", "x", **workflow(hub))
    assert code == 2
    return said


def test_a_promotion_that_can_not_wait_says_why_and_who_asked_for_it(root: Path, hub: Hub) -> None:
    write(root, hub, freeze())
    said = proposes(
        root, hub, "--override", "it can't wait", "digits", "staging", **workflow(hub) | ASKED
    )
    assert "digits@v1.0.0 to staging: opened: " in said
    repository = hub.repository.git
    text = repository.text("show", f"{BRANCH}:{PIN}")
    assert text.splitlines()[2] == "override: it can't wait"
    told = repository.text("log", "-1", "--format=%B", BRANCH)
    assert told.strip() == "promote digits@v1.0.0 to staging\n\nAsked-for-by: alice\nAsked-for-by: bob"
    again = proposes(root, hub, "--override", "it can't wait", "digits", "staging", **workflow(hub) | ASKED)
    assert "open already" in again  # it is as we left it
    assert "staging is frozen until " in the_pull(hub)["body"]
    assert "digits may move there in a freeze: it can't wait" in the_pull(hub)["body"]
    teams.release(root, hub, "1.1.0")
    said = proposes(root, hub, "--override", "it still can't", "digits", "staging", **workflow(hub) | ASKED)
    assert "brought up to date" in said
    assert repository.text("show", f"{BRANCH}:{PIN}").splitlines()[2] == "override: it still can't"


def test_status_tells_which_approvals_open_promotions_have(root: Path, hub: Hub) -> None:
    write(root, hub, "approvals: {count: 2, from: [alice, carol]}")
    proposes(root, hub, "digits", "staging", **workflow(hub) | ASKED)
    number = the_pull(hub)["number"]
    for who in "alice", "carol":
        Caller(hub, hub.user(who)).post(f"/pulls/{number}/reviews", 200, event="APPROVE", body="b")
    said = succeeds(root, hub, status, "--repository", "octo/models")
    assert (
        f"staging: #{number} (promote digits@v1.0.0 to staging) has 1 of 2 approvals (carol); nobody else may: name"
        " more in from; not counted: alice (wrote it, or asked for it)\n"
    ) in said
    blind = hub.workflow({"contents": "read", "deployments": "read"})
    said = succeeds(root, hub, status, "--repository", "octo/models", GITHUB_TOKEN=blind)
    assert "who approved open promotions is not told to this token; it needs to read pull requests\n" in said
