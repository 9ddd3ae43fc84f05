"""From a candidate to a deployed version through the verbs; the artifact is a small LiteRT model, nothing is trained."""

import fcntl
import re
import shutil
from pathlib import Path

import pytest
from forks import verb
from registries import candidate, commit, git

from registry.artifacts import litert  # noqa: F401  it loads what deploy proves


def raise_version(root: Path, old: str, new: str) -> None:
    spec = root / "models/digits/model.yaml"
    spec.write_text(spec.read_text().replace(f"version: {old}", f"version: {new}"))
    commit(root)


def test_a_candidate_without_a_pass_is_not_published(root: Path) -> None:
    candidate(root, rows={"train": 80, "holdout": 20})
    assert verb(root, "publish", "digits", code=1) == (
        "models/digits/model.yaml:11: data.holdout: 20 held-out rows are too few to judge; hold out 30 or more\n1 problem\n"
    )
    assert git(root, "tag") == ""


def test_a_verdict_that_does_not_follow_from_the_metrics_is_not_published(root: Path) -> None:
    candidate(root, metrics={"accuracy": 0.8, "latency_ms": 0.1, "size_mb": 0.1}, verdict="pass")
    assert verb(root, "publish", "digits", code=1) == (
        "candidates/digits/report.json: has a verdict that does not follow from its metrics; build digits again\n"
        "1 problem\n"
    )


def test_the_tag_of_a_release_reads_as_its_requirement(deployed: Path) -> None:
    message = git(deployed, "tag", "--list", "--format=%(contents)", "digits@v1.0.0")
    assert message.startswith(
        "digits 1.0.0: accuracy 0.95 (at least 0.9)\n\nReads handwritten digits from 28×28 grey images.\n\n"
        "40 held-out rows\n"
        "accuracy is 0.95; it must be at least 0.9\n"
        "latency_ms is 0.1; it must be at most 20\n"
        "recall of the worst label (0) is 0.9; it must be at least 0.8\n"
        "size_mb is 0.1; it must be at most 10\n\nFingerprint: "
    )


def test_publish_names_the_environment_where_a_version_goes_first(root: Path) -> None:
    (root / "environments/staging.yaml").rename(root / "environments/trial.yaml")
    spec = root / "environments/production.yaml"
    spec.write_text(spec.read_text().replace("takes_from: staging", "takes_from: trial"))
    commit(root)
    candidate(root)
    assert "next: `tox run -e promote -- digits trial`\n" in verb(root, "publish", "digits")


def test_a_spec_that_moved_on_is_not_published(root: Path) -> None:
    candidate(root)
    raise_version(root, "1.0.0", "1.0.1")
    assert (
        "models/digits: version changed since the candidate was built;"
        " build it again with `tox run -e build -- digits`" in verb(root, "publish", "digits", code=1)
    )


def test_other_bytes_under_a_published_version_are_refused(deployed: Path) -> None:
    candidate(deployed, factor=3.0)
    assert (
        "digits@v1.0.0: is released with other bytes, and a version is never reused;"
        " raise it: 1.0.1, 1.1.0 or 2.0.0" in verb(deployed, "publish", "digits", code=1)
    )


def test_a_deploy_of_what_runs_has_nothing_to_do(deployed: Path) -> None:
    assert verb(deployed, "deploy", "staging", "--apply") == "staging: nothing to do; it runs what is pinned\n"


@pytest.mark.parametrize("harm", ["saved_model.pb", "assets.extra/model.tflite", "."])
def test_a_damaged_version_is_drift_and_gets_repaired(deployed: Path, harm: str) -> None:
    folder = deployed / "deployments/staging/digits/1000000"
    if harm == ".":
        shutil.rmtree(folder)
    else:
        (folder / harm).write_text("broken")
    assert "  ! digits   1.0.0 (drift: repair)" in verb(deployed, "deploy", "staging")
    verb(deployed, "deploy", "staging", "--apply")
    assert (folder / "saved_model.pb").read_text() == "J\nSavedModel"
    assert "nothing to do" in verb(deployed, "deploy", "staging")


def test_a_failing_golden_prediction_leaves_the_old_version_serving(deployed: Path) -> None:
    raise_version(deployed, "1.0.0", "1.1.0")
    candidate(deployed, factor=3.0)
    verb(deployed, "publish", "digits")
    verb(deployed, "promote", "digits", "staging")
    said = verb(deployed, "deploy", "staging", "--apply", code=1)
    assert re.search("digits@v1.1.0 is held since .*: answers golden inputs otherwise .* [(]difference 0.33[)]; pin", said)
    assert [one.name for one in (deployed / "deployments/staging/digits").iterdir() if one.is_dir()] == ["1000000"]


def test_a_model_that_can_not_be_deployed_holds_no_other_up(deployed: Path) -> None:
    (deployed / "environments/staging/another.yaml").write_text(f"version: 1.0.0\nsha256: {'a' * 64}\n")
    shutil.rmtree(deployed / "deployments/staging/digits/1000000")
    said = verb(deployed, "deploy", "staging", "--apply", code=1)
    assert said.startswith("  + another  1.0.0\n  ! digits   1.0.0 (drift: repair)\n")
    assert said.endswith(
        f"another@v1.0.0: is not in {deployed}/releases; name the folder that holds it with --releases, or its --repository\n1 problem\n"
    )
    assert (deployed / "deployments/staging/digits/1000000/saved_model.pb").is_file()


def test_removing_the_last_model_needs_prune(deployed: Path) -> None:
    (deployed / "environments/staging/digits.yaml").unlink()
    said = verb(deployed, "deploy", "staging", "--apply", code=1)
    assert "environments/staging: pins no model, so every model would be removed" in said
    assert (deployed / "deployments/staging/digits/1000000").is_dir()
    verb(deployed, "deploy", "staging", "--apply", "--prune-in", "production", code=1)
    verb(deployed, "deploy", "staging", "--apply", "--prune-in", "", code=1)
    assert (deployed / "deployments/staging/digits/1000000").is_dir()
    verb(deployed, "deploy", "staging", "--apply", "--prune")
    assert not (deployed / "deployments/staging/digits").exists()


def test_a_workflow_names_the_environment_that_may_lose_its_last_model(deployed: Path) -> None:
    (deployed / "environments/staging/digits.yaml").unlink()
    verb(deployed, "deploy", "staging", "--apply", "--prune-in", "staging")
    assert not (deployed / "deployments/staging/digits").exists()


def test_the_plan_of_a_branch_says_when_the_last_model_goes(deployed: Path) -> None:
    (deployed / "environments/staging/digits.yaml").unlink()
    assert verb(deployed, "deploy", "staging", "--since", "HEAD") == (
        "staging\n  - digits   1.0.0\nnothing is left to run here, and the last model is removed only by "
        "`tox run -e deploy -- staging --apply --prune`, or on GitHub by the workflow deploy, by hand, "
        "with staging in its field prune\n"
    )


def test_a_branch_that_mends_a_pin_is_planned(deployed: Path) -> None:
    pin = deployed / "environments/staging/digits.yaml"
    right = pin.read_text()
    pin.write_text("version: [\n")
    commit(deployed)
    pin.write_text(right)
    assert verb(deployed, "deploy", "staging", "--since", "HEAD") == "staging\n  + digits   1.0.0\n"


def test_a_pin_of_a_withdrawn_version_is_warned_of_and_no_branch_may_bring_one(deployed: Path) -> None:
    verb(deployed, "withdraw", "digits", "1.0.0", "--reason", "too bold")
    pin = "environments/staging/digits.yaml:1: version: digits@v1.0.0 is withdrawn: too bold; pin another version"
    assert pin in verb(deployed, "validate").splitlines()
    commit(deployed)
    assert verb(deployed, "deploy", "staging", "--since", "HEAD") == "staging\n  no pin changes\n"
    assert verb(deployed, "deploy", "staging", "--since", "HEAD~2", code=1) == (
        f"staging\n  + digits   1.0.0 (withdrawn)\n{pin}\n1 problem\n"
    )


def test_an_unreadable_pin_removes_nothing(deployed: Path) -> None:
    (deployed / "environments/staging/digits.yaml").write_text("version: [\n")
    verb(deployed, "deploy", "staging", "--apply", "--prune", code=1)
    assert (deployed / "deployments/staging/digits/1000000").is_dir()


def test_a_second_deploy_at_once_says_so_and_leaves(deployed: Path) -> None:
    with (deployed / "deployments/staging/.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        said = verb(deployed, "deploy", "staging", "--apply", code=1)
    assert "is being deployed to by another process; wait until it is done" in said


def test_status_shows_what_is_released_pinned_and_running(deployed: Path) -> None:
    rows = [line.split() for line in verb(deployed, "status").splitlines()]
    assert rows == [["model", "release", "staging", "production"], ["digits", "1.0.0", "1.0.0", "-"]]


def test_the_tags_of_other_packages_in_the_repository_are_no_releases(deployed: Path) -> None:
    before = verb(deployed, "status")
    git(deployed, "tag", "ui@v2.0.0")
    git(deployed, "tag", "--annotate", "--message", "Signed-off-by: someone", "docs@v1.0.0")
    git(deployed, "tag", "--annotate", "--message", "a stage of GTO's", "digits#production#1")
    assert verb(deployed, "status") == before
    verb(deployed, "validate")


def test_a_new_model_validates_and_is_never_overwritten(root: Path) -> None:
    (root / "rows.csv").write_text("1,2,0\n3,4,1\n")
    verb(root, "new", "flowers", "--owner", "on: call", "--description", 'says "yes": #1')
    verb(root, "new", "own-data", "--data", "rows.csv")
    assert "3 models, 2 environments, 0 pins: all valid" in verb(root, "validate")
    assert "models/flowers: exists already; choose another name" in verb(root, "new", "flowers", code=1)
