"""The comment and the files of a pull request: specs, pins and environments, and what they change."""

import shutil
from pathlib import Path

import pytest
import teams
import withdraw
from hub import Hub
from hub.caller import Caller
from registries import commit, git
from talking import succeeds
from telling import comment, reports, run_of

PINS = "environments/staging/digits.yaml"


def released(root: Path, hub: Hub, *versions: str) -> None:
    for version in versions:
        teams.release(root, hub, version)


def edit(root: Path, old: str, new: str) -> None:
    spec = root / "models/digits/model.yaml"
    assert old in spec.read_text("utf-8")
    spec.write_text(spec.read_text("utf-8").replace(old, new), "utf-8")


def test_new_thresholds_are_held_against_the_released_version(root: Path, hub: Hub) -> None:
    released(root, hub, "1.0.0")
    teams.pin(root, hub, "staging")
    edit(root, "min: 0.90", "min: 0.99")
    pull = teams.pull(root, hub)
    reports(root, hub, run_of(hub, pull))
    said = comment(hub)
    assert "> **digits 1.0.0: fail by its new thresholds**" in said
    assert "`digits@v1.0.0` would no longer be released. It runs in staging." in said


def test_what_main_asks_already_is_no_news(root: Path, hub: Hub) -> None:
    released(root, hub, "1.0.0")
    edit(root, "min: 0.90", "min: 0.99")
    commit(root)
    hub.take(root)
    edit(root, "Reads handwritten", "Recognises handwritten")
    reports(root, hub, run_of(hub, teams.pull(root, hub)))
    assert comment(hub).startswith("> [!NOTE]\n> **nothing to build or deploy**\n")


def test_thresholds_that_are_put_back_are_judged_too(root: Path, hub: Hub) -> None:
    released(root, hub, "1.0.0")
    edit(root, "min: 0.90", "min: 0.99")
    commit(root)
    hub.take(root)
    edit(root, "min: 0.99", "min: 0.90")
    reports(root, hub, run_of(hub, teams.pull(root, hub)))
    assert comment(hub).startswith("> [!NOTE]\n> **digits 1.0.0: pass by its new thresholds**\n")


SPECS = [b"\xff", b"[", b"[]", b"version: [1]\n", b"version: ../../x\nthresholds: 3\n", b"a: &a [*a]\n", b"x" * 300_000]


@pytest.mark.parametrize("raw", SPECS, ids=range(len(SPECS)))
def test_a_spec_that_is_none_is_left_to_the_checks(root: Path, hub: Hub, raw: bytes) -> None:
    released(root, hub, "1.0.0")
    (root / "models/digits/model.yaml").write_bytes(raw)
    pull = teams.pull(root, hub)
    reports(root, hub, run_of(hub, pull, jobs={"plan": "failure"}, conclusion="failure"))
    assert "> **1 job failed**" in comment(hub)


def test_thresholds_that_no_spec_can_have_do_not_stop_the_report(root: Path, hub: Hub) -> None:
    released(root, hub, "1.0.0")
    edit(root, "min: 0.90", "min: 90")
    edit(root, "max: 20", "max: -20")
    pull = teams.pull(root, hub)
    reports(root, hub, run_of(hub, pull))
    comment(hub)


def test_pins_that_come_change_and_go_are_told_with_what_they_mean(root: Path, hub: Hub) -> None:
    released(root, hub, "1.0.0", "1.1.0")
    teams.pin(root, hub, "staging")
    pin = (root / PINS).read_text()
    newer = pin.replace("1.0.0", "1.1.0")
    (root / PINS).write_text(newer)
    (root / "environments/production").mkdir(exist_ok=True)
    (root / "environments/production/digits.yaml").write_text(pin)
    (root / "environments/staging/README.txt").write_text("no pin\n")
    pull = teams.pull(root, hub)
    reports(root, hub, run_of(hub, pull))
    said = comment(hub)
    assert "> **staging: 1 change; production: 1 change**" in said
    assert "  ~ digits   1.0.0 → 1.1.0" in said
    assert "  + digits   1.0.0" in said
    assert "Inputs and outputs stay the same: clients need no change." in said

    git(root, "checkout", "--quiet", "topic")
    (root / PINS).unlink()
    pull = Caller(hub, hub.token).get("/pulls/1")
    commit(root)
    hub.take(root, "topic")
    pull["head"]["sha"] = git(root, "rev-parse", "HEAD").strip()
    reports(root, hub, run_of(hub, pull))
    assert "Requests for digits get no answer in staging any more." in comment(hub)


def test_a_pin_of_a_withdrawn_version_is_warned_of(root: Path, hub: Hub) -> None:
    released(root, hub, "1.0.0", "1.1.0")
    teams.pin(root, hub, "staging")
    succeeds(root, hub, withdraw, "digits", "1.1.0", "--reason", "takes 7 for 1")
    teams.update(root, hub)
    (root / PINS).write_text((root / PINS).read_text().replace("1.0.0", "1.1.0"))
    reports(root, hub, run_of(hub, teams.pull(root, hub)))
    assert "**`digits@v1.1.0` is withdrawn**: takes 7 for 1\n" in comment(hub)


def test_an_environment_that_is_new_gone_or_described_otherwise_is_told(root: Path, hub: Hub) -> None:
    released(root, hub, "1.0.0")
    teams.pin(root, hub, "staging")
    teams.pin(root, hub, "production")
    staging = (root / "environments/staging.yaml").read_text()
    (root / "environments/qa.yaml").write_text(staging.replace("deployments/staging", "deployments/qa"))
    shutil.copytree(root / "environments/staging", root / "environments/qa")
    (root / "environments/staging.yaml").write_text(f"{staging}# and more\n")
    shutil.rmtree(root / "environments/production")
    (root / "environments/production.yaml").unlink()
    reports(root, hub, run_of(hub, teams.pull(root, hub)))
    said = comment(hub)
    assert said.startswith(
        "> [!NOTE]\n> **staging: is described otherwise; production: is removed; qa: is new, 1 change**\n"
    )
    assert "\nqa\n  + digits   1.0.0\n" in said
    assert "get no answer" not in said


def test_the_last_pin_of_an_environment_is_told_to_need_a_second_word(root: Path, hub: Hub) -> None:
    released(root, hub, "1.0.0")
    teams.pin(root, hub, "staging")
    (root / PINS).unlink()
    reports(root, hub, run_of(hub, teams.pull(root, hub)))
    said = comment(hub).replace("\\", "")
    assert (
        "**nothing is left to run here, and the last model is removed only by `tox run -e deploy -- staging --apply"
        " --prune`, or on GitHub by the workflow deploy, by hand, with staging in its field prune**" in said
    )


@pytest.mark.parametrize("raw", [b"[", b"version: 1.1.0\n", b"version: 1.1\nsha256: x\n", b"\xff"], ids=range(4))
def test_a_pin_that_can_not_be_read_is_told_and_is_no_removal(root: Path, hub: Hub, raw: bytes) -> None:
    released(root, hub, "1.0.0")
    teams.pin(root, hub, "staging")
    (root / PINS).write_bytes(raw)
    pull = teams.pull(root, hub)
    reports(root, hub, run_of(hub, pull))
    said = comment(hub)
    assert "> **1 job failed**" in said
    assert "get no answer" not in said
