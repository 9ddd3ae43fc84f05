"""A pin that somebody writes into a pull request goes forward only where, and when, `promote` would write it."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from forks import verb
from registries import ENVIRONMENT, candidate, commit, git, template

from registry.environments import manifests

DAY = 24 * 3600
PIN = "environments/{}/digits.yaml"
PRODUCTION = "environments/production.yaml"


def at(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    """Let what is committed from now on be so many days old."""
    monkeypatch.setitem(ENVIRONMENT, "GIT_COMMITTER_DATE", f"@{time.time() - days * DAY:.0f} +0000")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    at(monkeypatch, 30)
    return partial(at, monkeypatch)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three releases, made a month ago; a version soaks a day in staging before it goes to production."""
    root = template(tmp_path_factory.mktemp("start"))
    add(root, "soak: 24h")
    with pytest.MonkeyPatch.context() as patch:
        at(patch, 30)
        for version in "1.0.0", "1.1.0", "1.2.0":
            model = root / "models/digits/model.yaml"
            model.write_text(re.sub("version: .*", f"version: {version}", model.read_text("utf-8"), count=1), "utf-8")
            commit(root)
            candidate(root)
            verb(root, "publish", "digits")
    return root


def add(root: Path, text: str) -> None:
    spec = root / PRODUCTION
    spec.write_text(f"{spec.read_text('utf-8')}{text}\n", "utf-8")


def pin(root: Path, place: str, version: str, override: str = "") -> None:
    """Write a pin by hand, and commit it."""
    (said,) = [one for one in git(root, "tag", "--list", "--format=%(contents)", f"digits@v{version}").splitlines()
               if one.startswith("Artifact-SHA256: ")]  # fmt: skip
    path = root / PIN.format(place)
    path.parent.mkdir(exist_ok=True)
    path.write_text(manifests.pin_text(version, said.split()[1], override))
    commit(root)


def checked(root: Path, *places: str, base: str = "main", code: int = 0) -> str:
    """Return what the job `deploys` says of a branch."""
    return "".join(verb(root, "deploy", one, "--since", base, code=code) for one in places or ("production",))


def branch(root: Path, *words: str) -> None:
    git(root, "checkout", "--quiet", "-B", "topic", *words)


def merge(root: Path) -> None:
    git(root, "checkout", "--quiet", "main")
    git(root, "merge", "--quiet", "--no-ff", "--message", "a merge", "topic")


def line(version: str, text: str) -> str:
    return f"{PIN.format('production')}:1: version: digits@v{version} {text}\n1 problem\n"


def test_a_version_that_does_not_run_where_it_comes_from_goes_nowhere(root: Path, clock) -> None:
    clock(5)
    pin(root, "staging", "1.0.0")
    branch(root)
    pin(root, "production", "1.1.0")
    assert line("1.1.0", "does not run in staging: staging runs 1.0.0; promote it there first") in checked(root, code=1)
    pin(root, "staging", "1.1.0")  # in the same pull request: on main nothing has run there
    assert "staging runs 1.0.0; promote it there first" in checked(root, code=1)
    assert "1 change" not in checked(root, "staging")
    pin(root, "production", "1.0.0")
    assert "+ digits   1.0.0" in checked(root)


def test_a_soak_counts_from_the_merge_whatever_dates_the_branch_gave_itself(root: Path, clock) -> None:
    clock(20)
    branch(root)
    pin(root, "staging", "1.0.0")
    clock(0.5)
    merge(root)
    clock(20)
    branch(root)
    pin(root, "production", "1.0.0")
    assert line("1.0.0", "must soak in staging for 24h; 12.0 hours are left") in checked(root, code=1)
    clock(0)
    git(root, "checkout", "--quiet", "main")
    commit(root)
    git(root, "rebase", "--quiet", "main", "topic")
    assert "12.0 hours are left" in checked(root, code=1)
    git(root, "checkout", "--quiet", "--detach", "main")
    git(root, "merge", "--quiet", "--no-ff", "--message", "as GitHub merges it to check it", "topic")
    assert "12.0 hours are left" in checked(root, base="HEAD^1", code=1)


def test_a_date_that_is_still_to_come_stops_no_soak_once_main_goes_on(root: Path, clock) -> None:
    clock(-10_000)
    pin(root, "staging", "1.0.0")
    branch(root)
    pin(root, "production", "1.0.0")
    assert "24.0 hours are left" in checked(root, code=1)
    git(root, "checkout", "--quiet", "main")
    clock(0.25)
    commit(root)
    branch(root)
    pin(root, "production", "1.0.0")
    assert "18.0 hours are left" in checked(root, code=1)
    git(root, "checkout", "--quiet", "main")
    assert "18.0 hours are left" in verb(root, "promote", "digits", "production", code=1)
    until = time.strftime("%Y-%m-%d %H:%M", time.gmtime(time.time() + 0.75 * DAY))
    assert f"soaking until {until[:13]}" in verb(root, "status")


def test_a_branch_can_not_shorten_its_own_way(root: Path, clock) -> None:
    clock(0.5)
    pin(root, "staging", "1.0.0")
    branch(root)
    spec = root / PRODUCTION
    spec.write_text(spec.read_text().replace("soak: 24h", "soak: 1m"))
    pin(root, "production", "1.0.0")
    assert "must soak in staging for 24h; 12.0 hours are left" in checked(root, code=1)
    spec.write_text(spec.read_text().replace("takes_from: staging", "takes_from: releases").replace("soak: 1m\n", ""))
    assert "must soak in staging for 24h; 12.0 hours are left" in checked(root, code=1)


def test_what_ran_there_before_comes_back_at_any_time(root: Path, clock) -> None:
    clock(20)
    for version in "1.0.0", "1.1.0":
        for place in "staging", "production":
            pin(root, place, version)
    add(root, freeze())
    commit(root)
    branch(root)
    pin(root, "production", "1.0.0")
    said = checked(root)
    assert "~ digits   1.1.0 → 1.0.0" in said and "production is frozen until " in said
    git(root, "checkout", "--quiet", "main")
    assert verb(root, "promote", "digits", "production", "--version", "1.0.0").startswith(
        "environments/production/digits.yaml: 1.1.0 → 1.0.0\n"
    )
    git(root, "checkout", "--quiet", ".")
    git(root, "rm", "--quiet", PIN.format("production"))
    commit(root)
    assert "- digits   1.1.0" in checked(root, base="HEAD~1")


def freeze(begin: float = -1, end: float = 1) -> str:
    first, last = (f"{datetime.fromtimestamp(time.time() + one * DAY, UTC):%Y-%m-%dT%H:%M}" for one in (begin, end))
    return f'freeze: [{{from: "{first}", to: "{last}", reason: holidays}}]'


FROZEN = re.compile(
    r"environments/production/digits\.yaml: production is frozen until [0-9-]{10} [0-9:]{5} UTC \(holidays\); wait until"
    r" then, go back to a version that ran there before, or write why it can't wait: `override: <reason>` as the pin's third"
    r" line\n1 problem\n"
)


def test_in_a_freeze_nothing_goes_forward_but_what_says_why_it_can_not_wait(root: Path, clock) -> None:
    clock(20)
    pin(root, "staging", "1.0.0")
    pin(root, "production", "1.0.0")
    pin(root, "staging", "1.1.0")
    add(root, freeze())
    commit(root)
    assert FROZEN.fullmatch(verb(root, "promote", "digits", "production", code=1))
    branch(root)
    spec = root / PRODUCTION
    spec.write_text(re.sub("freeze: .*", "", spec.read_text()))  # which does not help it
    pin(root, "production", "1.1.0")
    assert FROZEN.search(checked(root, code=1))
    git(root, "checkout", "--quiet", "main")
    said = verb(root, "promote", "digits", "production", "--override", "mistakes 7 for 1: it can't wait")
    assert said.startswith("environments/production/digits.yaml: 1.0.0 → 1.1.0\n")
    assert (root / PIN.format("production")).read_text().splitlines()[2] == "override: 'mistakes 7 for 1: it can''t wait'"
    assert "digits may move there in a freeze: mistakes 7 for 1: it can't wait" in checked(root, base="HEAD")
    assert verb(root, "validate").startswith("1 model, 2 environments, 2 pins: all valid")
    clock(1)
    commit(root)
    said = verb(root, "status")
    assert "production: digits was pinned in a freeze: mistakes 7 for 1: it can't wait" in said
    assert re.search(r"production is frozen until .* UTC \(holidays\)", said)
    assert "moved in a freeze: mistakes 7 for 1: it can't wait" in verb(root, "why", "digits", "production")
    assert "moved 1.0.0 → 1.1.0: override: mistakes 7 for 1: it can't wait" in verb(root, "history")
    pin(root, "staging", "1.2.0")
    clock(0)
    commit(root)
    branch(root)
    pin(root, "production", "1.2.0", "mistakes 7 for 1: it can't wait")
    assert (
        "environments/production/digits.yaml:3: override: is why an earlier version could not wait; write why this one"
        " can't\n"
    ) in checked(root, code=1)
    pin(root, "production", "1.2.0", "another reason")
    assert "digits may move there in a freeze: another reason" in checked(root)
    git(root, "checkout", "--quiet", "main")
    verb(root, "promote", "digits", "production", "--override", "another reason")
    spec.write_text(re.sub("freeze: .*", "", spec.read_text()))
    git(root, "checkout", "--quiet", PIN.format("production"))
    verb(root, "promote", "digits", "production")
    assert "override" not in (root / PIN.format("production")).read_text()


def test_outside_of_a_freeze_an_override_is_refused_by_promote_and_harmless_in_a_pin(root: Path, clock) -> None:
    clock(20)
    pin(root, "staging", "1.0.0")
    add(root, freeze(1, 2))
    commit(root)
    said = verb(root, "promote", "digits", "production", "--override", "now", code=1)
    assert said == "--override: production is not frozen; leave it out\n1 problem\n"
    branch(root)
    pin(root, "production", "1.0.0", "it could not wait")
    assert "+ digits   1.0.0" in checked(root)


def test_a_soak_is_not_begun_anew_by_a_reason_that_goes(root: Path, clock) -> None:
    clock(5)
    pin(root, "staging", "1.0.0", "in a freeze")
    clock(0.1)
    pin(root, "staging", "1.0.0")
    assert verb(root, "promote", "digits", "production").startswith("environments/production/digits.yaml: nothing → 1.0.0")
