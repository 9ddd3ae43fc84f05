"""Which promotions are proposed, and which are not: rolled back, refused, or held up by nothing else."""

from pathlib import Path

import promote
import teams
from hub import Hub
from hub.caller import Caller
from promoting import PIN, proposes, the_pull, workflow
from registries import commit
from talking import fails


def test_a_version_that_was_rolled_back_is_not_proposed_again(root: Path, hub: Hub) -> None:
    teams.pin(root, hub, "staging")
    teams.release(root, hub, "1.1.0")
    teams.pin(root, hub, "staging", "1.1.0")
    teams.pin(root, hub, "staging", "1.0.0")
    writes = len(hub.calls.writes)
    assert proposes(root, hub) == "every newest release is pinned, or was, wherever releases go first; nothing to do\n"
    assert len(hub.calls.writes) == writes


def test_the_same_button_rolls_back(root: Path, hub: Hub) -> None:
    teams.pin(root, hub, "staging")
    teams.release(root, hub, "1.1.0")
    teams.pin(root, hub, "staging", "1.1.0")
    proposes(root, hub, "digits", "staging", "--version", "1.0.0")
    assert the_pull(hub)["title"] == "roll staging back to digits@v1.0.0"
    assert "digits@v1.1.0 to staging: pinned already" in proposes(root, hub, "digits", "staging")


def test_a_model_or_environment_that_was_left_empty_is_not_all_of_them(root: Path, hub: Hub) -> None:
    assert "environments/.yaml: does not exist; " in fails(root, hub, promote, "digits", "", "--pull-request")
    assert "models/: does not exist; " in fails(root, hub, promote, "", "staging", "--pull-request")
    assert "models/--help: does not exist; " in fails(root, hub, promote, "--pull-request", "--", "--help", "staging")
    assert not hub.repository.pulls


def test_what_may_not_go_there_is_not_proposed(root: Path, hub: Hub) -> None:
    words = "digits", "production", "--pull-request"
    assert "staging runs no version of digits; promote it there first" in fails(
        root, hub, promote, *words, **workflow(hub)
    )
    teams.pin(root, hub, "staging")
    teams.release(root, hub, "1.1.0")
    said = fails(root, hub, promote, *words, "--version", "1.1.0", **workflow(hub))
    assert "digits@v1.1.0 does not run in staging: staging runs 1.0.0; promote it there first" in said
    spec = root / "environments/production.yaml"
    spec.write_text(
        "\n".join([*(line for line in spec.read_text().splitlines() if not line.startswith("soak")), "soak: 24h\n"])
    )
    commit(root)
    said = fails(root, hub, promote, *words, **workflow(hub))
    assert "digits@v1.0.0 must soak in staging for 24h; 24.0 hours are left" in said
    assert not hub.repository.pulls


def test_one_that_fails_holds_no_other_up(root: Path, hub: Hub) -> None:
    spec = (root / "environments/staging.yaml").read_text()
    for name in ("canary", "edge"):
        path = root / f"environments/{name}.yaml"
        path.write_text(spec.replace("path: deployments/staging", f"path: deployments/{name}"))
    commit(root)
    hub.take(root)
    hub.faults.add("422", method="POST", times=1, when=lambda call: call.path.endswith("/pulls"))
    said = fails(root, hub, promote, "--pull-request", **workflow(hub))
    assert "POST /repos/octo/models/pulls: 422" in said
    assert "\n1 problem\n" in said
    assert sorted(one["title"] for one in hub.repository.pulls.values()) == [
        "promote digits@v1.0.0 to edge", "promote digits@v1.0.0 to staging",
    ]  # fmt: skip
    assert "digits@v1.0.0 to canary: opened: " in proposes(root, hub)


def test_a_pin_that_changed_on_main_meanwhile_is_not_undone(root: Path, hub: Hub, octo: Caller) -> None:
    octo.write(PIN, "version: 0.9.0\nsha256: " + "0" * 64 + "\n")
    said = fails(root, hub, promote, "--pull-request", **workflow(hub))
    assert f"{PIN}: changed on main meanwhile; run `git pull` and the same command again" in said
    assert not hub.repository.pulls


def test_a_model_that_is_gone_is_not_proposed(root: Path, hub: Hub) -> None:
    (root / "models/digits").rename(root / "models/letters")
    commit(root)
    hub.take(root)
    assert "nothing to do" in proposes(root, hub)
