"""What status tells beyond what is pinned: what soaks, what was pinned once, what GitHub says was deployed."""

import json
import shutil
import sys
import time
from pathlib import Path

import forks
import pasts
import pytest
import status
import talking
from hub import Hub
from hub.caller import Caller
from pasts import Past
from registries import git
from servers import ROOT
from terminals import COLOUR, shown

from registry.formats import schemas
from registry.formats.reader import Document

HOUR = 3600
NOW = int(time.time())
SOAKED = f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime(NOW + 23 * HOUR))}"
RUNNER = "runs_on: [self-hosted, serving]\n"
NEXT = "next: `tox run -e deploy -- ENVIRONMENT` shows what would make it run what is pinned"


@pytest.fixture(scope="module")
def commits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Digits 1.1.0 came to staging an hour ago, and must stay there a day before production may have it again."""
    past = Past()
    files = pasts.environments(staging=RUNNER, production="soak: 24h\n") | {
        "models/digits/model.yaml": "version: 1.0.0\n"
    }
    place = "environments/staging.yaml"
    files[place] = files[place].replace("deployments/staging", "/srv/not-here")
    past.commit(files, "begin", NOW - 50 * HOUR)
    past.release("digits", "1.0.0", 1, NOW - 49 * HOUR)
    both = pasts.pin("staging", "digits", "1.0.0") | pasts.pin("production", "digits", "1.0.0")
    past.commit(both, "promote digits@v1.0.0 (#2)", NOW - 40 * HOUR)
    past.commit({"models/digits/model.yaml": "version: 1.1.0\n"}, "better (#3)", NOW - 2 * HOUR)
    past.release("digits", "1.1.0", 3, NOW - 2 * HOUR)
    past.commit(pasts.pin("staging", "digits", "1.1.0"), "promote digits@v1.1.0 to staging (#4)", NOW - HOUR)
    past.tag("digits@v1.0.0!", 1, "mistakes 7 for 1", NOW - HOUR)
    root = tmp_path_factory.mktemp("overview") / "root"
    return root, past.write(root)


@pytest.fixture
def root(commits: tuple[Path, list[str]], tmp_path: Path) -> Path:
    return shutil.copytree(commits[0], tmp_path / "root")


def rows(said: str) -> list[str]:
    return [" ".join(line.split()) for line in said.splitlines()]


def test_what_soaks_is_marked_until_when_and_what_is_gone_back_to_does_not_soak(root: Path) -> None:
    assert rows(forks.verb(root, "status")) == [
        "model release staging production",
        f"digits 1.1.0 1.1.0 (soaking until {SOAKED}) pinned 1.0.0 (withdrawn), runs nothing",
        "staging runs on [self-hosted, serving], /srv/not-here; what runs is known there",
        NEXT,
    ]
    pin = root / "environments/staging/digits.yaml"
    pin.write_text(pasts.pin("staging", "digits", "1.0.0")["environments/staging/digits.yaml"])
    assert "soaking" not in forks.verb(root, "status")
    git(root, "commit", "--quiet", "--all", "--message", "back")
    assert "soaking" not in forks.verb(root, "status")


def test_a_terminal_that_is_too_narrow_gets_a_row_for_each_pin(root: Path) -> None:
    said = COLOUR.sub("", shown([sys.executable, str(ROOT / "scripts/status.py")], root, 70))
    assert rows(said)[:4] == [
        "model where version",
        "digits release 1.1.0",
        f"digits staging 1.1.0 (soaking until {SOAKED}) pinned",
        "digits production 1.0.0 (withdrawn), runs nothing",
    ]


def test_json_is_what_its_schema_says_and_tells_since_when_and_by_whom(
    commits: tuple[Path, list[str]], root: Path
) -> None:
    pin = root / "environments/production/digits.yaml"
    pin.write_text(pin.read_text().replace("1.0.0", "1.1.0"))
    parsed = json.loads(forks.verb(root, "status", "--json"))
    assert schemas.problems(Document("status", parsed, {(): (1, "")}), "status") == []
    assert parsed["environments"] == [
        {"name": "staging", "elsewhere": "runs on [self-hosted, serving], /srv/not-here", "unknown": "what runs is known there", "deployment": None, "freeze": None, "waiting": []},
        {"name": "production", "elsewhere": None, "unknown": None, "deployment": None, "freeze": None, "waiting": []},
    ]
    ((digits,),) = (parsed["models"],)
    staging, production = digits["environments"]
    since = staging.pop("since")
    assert (digits["name"], digits["release"], digits["is_withdrawn"]) == ("digits", "1.1.0", False)
    assert staging == {
        "environment": "staging", "version": "1.1.0", "sha256": pasts.sha256("digits", "1.1.0"), "marks": ["soaking"],
        "soaking_until": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW + 23 * HOUR)), "is_known": False, "running": None, "deployed": None, "override": None, "hold": None,
    }  # fmt: skip
    assert (since["commit"], since["pull"], since["person"]["name"]) == (commits[1][3], 4, "Someone")
    assert (production["version"], production["since"], production["marks"]) == (
        "1.1.0",
        None,
        ["other bytes", "drift"],
    )


def test_a_moment_is_told_as_main_was_then(commits: tuple[Path, list[str]], root: Path) -> None:
    (root / "environments/staging/digits.yaml").write_text("not committed")
    at = f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime(NOW - 40 * HOUR))}"
    assert rows(forks.verb(root, "status", "--at", commits[1][1][:9])) == [
        f"as of {commits[1][1][:9]}, when main was at {commits[1][1][:12]}, of {at} UTC",
        "model release staging production",
        "digits 1.0.0 1.0.0 pinned 1.0.0 pinned",
        "what ran then is known on the serving machines alone",
        f"next: `tox run -e why -- digits production --at {commits[1][1][:9]}` shows where that came from, and who approved it",
    ]
    parsed = json.loads(forks.verb(root, "status", "--json", "--at", "HEAD"))
    assert schemas.problems(Document("status", parsed, {(): (1, "")}), "status") == []
    (digits,) = parsed["models"]
    assert [(one["version"], one["marks"], one["is_known"]) for one in digits["environments"]] == [
        ("1.1.0", [], False), ("1.0.0", ["withdrawn"], False),
    ]  # fmt: skip


def test_github_tells_how_the_newest_deployments_ended(
    commits: tuple[Path, list[str]], root: Path, hub: Hub, octo: Caller
) -> None:
    def deploy(commit: str, state: str, more: str = "") -> str:
        one = octo.post("/deployments", ref=commit, environment="staging", required_contexts=[])
        log = f"{hub.repository.full_name}/{state}{more}"
        told = octo.post(f"/deployments/{one['id']}/statuses", state=state, log_url=f"https://example.org/{log}")
        return f"staging: deployed last from {commit[:12]}: {state}, {told['created_at']}, {told['log_url']}"

    def says() -> list[str]:
        return rows(talking.succeeds(root, hub, status, "--repository", hub.repository.full_name))

    never = "production: never deployed, as far as GitHub knows"
    first = deploy(commits[1][1], "success")
    said = says()
    assert said[1] == (
        f"digits 1.1.0 1.1.0 (soaking until {SOAKED}) pinned, 1.0.0 (withdrawn) deployed 1.0.0 (withdrawn), runs nothing"
    )
    assert said[3:5] == [first, never]
    second = deploy(commits[1][3], "success")
    said = says()
    assert (said[1].split(") ")[1].split()[0], said[3]) == ("deployed", second)
    third = deploy(commits[1][3], "failure", "\x1b[2J\n::error::x").replace("\x1b[2J\n", r"\x1b[2J\n")
    said = says()
    assert (said[1].split(") ")[1].split()[0], said[3]) == ("pinned", third)
    parsed = json.loads(talking.succeeds(root, hub, status, "--repository", hub.repository.full_name, "--json"))
    assert schemas.problems(Document("status", parsed, {(): (1, "")}), "status") == []
    assert parsed["environments"][0]["deployment"]["state"] == "failure"
