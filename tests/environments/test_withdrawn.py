"""Deploys of withdrawn versions: none is brought where it does not run, and what runs is kept and told."""

import shutil
from functools import partial
from pathlib import Path
from types import ModuleType

import deploy
import forks
import promote
import publish
import pytest
import teams
import withdraw
from hub import Hub
from registries import candidate, commit, git, template
from talking import fails, hub_of, succeeds

from registry import console

PIN = "environments/staging/digits.yaml:1: version: digits@v1.1.0 is withdrawn: bad"
REFUSED = f"{PIN}; it is not brought where it does not run; pin another: `tox run -e promote -- digits staging"
REFUSED_BACK = f"{REFUSED} --version 1.0.0`\n"
KEPT = f"{PIN}; it runs, and does so until the pin changes\n"


def say(root: Path, verb: ModuleType, *words: str, code: int = 0) -> str:
    found, said = forks.run(root, partial(console.run, verb.main), *words)
    assert (found, "Traceback" in said) == (code, False), said
    return said


def release(root: Path, version: str) -> None:
    spec = root / "models/digits/model.yaml"
    spec.write_text(f"version: {version}\n" + spec.read_text().partition("\n")[2])
    commit(root)
    candidate(root)
    say(root, publish, "digits")


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that runs digits 1.0.0 in staging, and pins 1.1.0 there."""
    root = template(tmp_path_factory.mktemp("withdrawn") / "root")
    spec = root / "models/digits/model.yaml"
    spec.write_text("\n".join(line for line in spec.read_text().splitlines() if not line.startswith("#")) + "\n")
    release(root, "1.0.0")
    say(root, promote, "digits", "staging")
    say(root, deploy, "staging", "--apply")
    release(root, "1.1.0")
    say(root, promote, "digits", "staging")
    commit(root)
    return root


def served(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "deployments/staging").glob("*/[0-9]*"))


def test_it_is_not_switched_to_and_the_way_out_works(root: Path) -> None:
    say(root, withdraw, "digits", "1.1.0", "--reason", "bad")
    assert say(root, deploy, "staging") == (
        f"staging\n  ~ digits   1.0.0 → 1.1.0 (withdrawn)\n0 changes. Nothing was touched.\n{REFUSED_BACK}"
    )
    said = say(root, deploy, "staging", "--apply", code=1)
    assert said == f"  ~ digits   1.0.0 → 1.1.0 (withdrawn)\n{REFUSED_BACK}1 problem\n"
    assert served(root) == ["1000000"]
    say(root, promote, "digits", "staging", "--version", "1.0.0")
    assert say(root, deploy, "staging", "--apply") == "staging: nothing to do; it runs what is pinned\n"


def test_a_new_machine_does_not_get_it_and_the_rest_of_the_plan_is_done_all_the_same(root: Path) -> None:
    say(root, withdraw, "digits", "1.1.0", "--reason", "bad")
    place = root / "deployments/staging"
    (place / "digits").rename(place / "old")
    (place / ".owner.json").write_text((place / ".owner.json").read_text().replace("digits", "old"))
    said = say(root, deploy, "staging", "--apply", code=1)
    assert said == f"  + digits   1.1.0 (withdrawn)\n  - old      1.0.0\n{REFUSED_BACK}1 problem\n"
    assert served(root) == []
    say(root, withdraw, "digits", "1.0.0", "--reason", "bad too")
    assert say(root, deploy, "staging", "--apply", code=1).endswith(
        f"{PIN}; it is not brought where it does not run; no other version is released; release one, or take the pin"
        " away: `git rm environments/staging/digits.yaml`\n1 problem\n"
    )


def test_where_versions_come_from_another_environment_the_way_out_leads_there_or_back(root: Path) -> None:
    spec, pin = root / "environments/production.yaml", "environments/production/digits.yaml"
    spec.write_text("\n".join(line for line in spec.read_text().splitlines() if not line.startswith("soak")) + "\n")
    say(root, promote, "digits", "production")
    commit(root)
    say(root, withdraw, "digits", "1.1.0", "--reason", "bad")
    release(root, "1.2.0")
    assert say(root, deploy, "production").endswith(
        f"{pin}:1: version: digits@v1.1.0 is withdrawn: bad; it is not brought where it does not run; bring another to"
        " staging first, `tox run -e promote -- digits staging`, or pin one that was pinned here before:"
        f" `git log -p -- {pin}`\n"
    )
    say(root, promote, "digits", "staging")
    say(root, promote, "digits", "production")
    assert say(root, deploy, "production").startswith("production\n  + digits   1.2.0\n1 change.")


def test_where_it_runs_it_is_kept_and_told_and_mended_when_damaged(root: Path) -> None:
    say(root, deploy, "staging", "--apply")
    say(root, withdraw, "digits", "1.1.0", "--reason", "bad")
    assert say(root, deploy, "staging", "--apply") == f"{KEPT}staging: nothing to do; it runs what is pinned\n"
    (root / "deployments/staging/digits/1001000/saved_model.pb").write_text("damaged")
    said = say(root, deploy, "staging", "--apply")
    assert "\n  ! digits   1.1.0 (withdrawn) (drift: repair)\nstaging: 1 change made\n" in said
    assert said.startswith(KEPT)


def test_damage_to_another_version_is_no_way_to_it(root: Path) -> None:
    say(root, withdraw, "digits", "1.1.0", "--reason", "bad")
    (root / "deployments/staging/digits/1000000/saved_model.pb").write_text("damaged")
    assert REFUSED_BACK in say(root, deploy, "staging", "--apply", code=1)
    assert served(root) == ["1000000"]


def test_leaving_it_is_marked_on_the_plan_of_a_branch(root: Path) -> None:
    say(root, withdraw, "digits", "1.1.0", "--reason", "bad")
    say(root, promote, "digits", "staging", "--version", "1.0.0")
    assert say(root, deploy, "staging", "--since", "HEAD") == "staging\n  ~ digits   1.1.0 (withdrawn) → 1.0.0\n"


@pytest.fixture
def released(root: Path, tmp_path: Path) -> Hub:
    git(root, "tag", "--delete", "digits@v1.0.0", "digits@v1.1.0")
    with hub_of(root, tmp_path / "hub") as hub:
        for version in ("1.0.0", "1.1.0"):
            teams.release(root, hub, version)
        yield hub


def test_a_clone_that_does_not_know_yet_asks_and_the_pull_request_that_leaves_it_says_so(
    root: Path, released: Hub
) -> None:
    teams.pin(root, released, "staging", "1.1.0")
    stale = shutil.copytree(root, root.with_name("stale"))
    succeeds(root, released, withdraw, "digits", "1.1.0", "--reason", "bad")
    shutil.rmtree(stale / "deployments")
    assert REFUSED in fails(stale, released, deploy, "staging", "--apply")
    assert served(stale) == []
    git(stale, "tag", "--delete", "digits@v1.1.0")
    assert REFUSED in fails(stale, released, deploy, "staging", "--apply")
    assert served(stale) == []
    teams.release(root, released, "1.2.0")
    succeeds(root, released, promote, "--pull-request")
    (pull,) = released.repository.pulls.values()
    assert "@@ staging @@\n- digits   1.1.0 (withdrawn)\n+ digits   1.2.0\n" in pull["body"]
    assert "There is no way back to `digits@v1.1.0`, which is withdrawn: promote another version." in pull["body"]
    assert "git revert" not in pull["body"] and "Press Revert" not in pull["body"]
