"""The set of tests that every kind of target passes; a module of tests imports them, with a fixture `stage` of its own.

What can be asked of all is asked here: a stage (tests/helpers/stages.py) says what is answered, and damages it.
"""

import itertools
import json

import forks
import pytest
from stages import MADE, Stage

from registry.environments.reconcile import Hold
from registry.errors import RegistryError
from registry.formats import schemas
from registry.formats.reader import Document


def test_a_version_is_added_and_then_there_is_nothing_to_do(stage: Stage) -> None:
    stage.pin("1.0.0")
    assert stage.target().running() == {}
    assert stage.plan() == stage.deploy() == ["+ digits   1.0.0"]
    assert (stage.factor(), stage.runs()) == (2, ("1.0.0", True, None))
    assert stage.plan() == stage.deploy() == []


def test_a_version_is_changed_and_goes_back(stage: Stage) -> None:
    for version, factor in ("1.0.0", 2), ("1.1.0", 3), ("1.0.0", 2), ("0.9.0", 3):
        stage.pin(version)
        stage.deploy()
        assert (stage.factor(), stage.runs()) == (factor, (version, True, None))
        stage.settled_down()
        assert (stage.factor(), stage.plan()) == (factor, [])


def test_what_was_changed_by_hand_is_told_and_repaired(stage: Stage) -> None:
    stage.pin("1.0.0")
    stage.deploy()
    stage.harm()
    assert stage.runs() == ("1.0.0", False, None)
    assert stage.plan() == stage.deploy() == ["! digits   1.0.0 (drift: repair)"]
    assert (stage.factor(), stage.plan()) == (2, [])


def test_what_somebody_took_away_is_told_and_comes_back_only_where_drift_is_healed(stage: Stage) -> None:
    for version, model in ("1.0.0", "digits"), ("1.1.0", "spam"), ("1.0.0", "words"):
        stage.pin(version, model)
    stage.deploy()
    stage.take_away("digits")
    stage.take_away("words")
    stage.pin(None, "words")
    file = stage.root / "environments/staging.yaml"
    healing = file.read_text()
    file.write_text(f"{healing}drift: report\n")
    for _ in "told", "told again":
        drift = [one.partition(" (")[0] for one in stage.plan() if one != "- words    unknown"]
        assert drift == ["! digits   1.0.0"]  # a server may have the other one still
        with pytest.raises(RegistryError, match="digits@v1.0.0.*`drift: report` leaves it so") as told:
            stage.deploy()
        assert [one.file for one in told.value.problems] == ["environments/staging/digits.yaml"]
    stage.pin(None)
    assert stage.plan() == stage.deploy() == []
    stage.pin("1.0.0", "words")
    assert stage.plan() == ["+ words    1.0.0"], "what nobody pinned any more is not missed"
    stage.pin(None, "words")
    stage.pin("1.1.0")
    stage.deploy()
    stage.take_away()
    file.write_text(healing)
    drift = "repair" if stage.kind == "tensorflow-serving" else "gone; brought back"
    assert stage.plan() == stage.deploy() == [f"! digits   1.1.0 (drift: {drift})"]
    assert (stage.factor(), stage.plan(), [*stage.target().holds()]) == (3, [], [])


def test_status_tells_and_marks_the_same_of_each_kind(stage: Stage) -> None:
    for version, model in ("1.0.0", "digits"), ("0.9.0", "spam"), ("1.0.0", "words"):
        stage.pin(version, model)
    stage.deploy()
    stage.pin("1.1.0")
    stage.target().begin(stage.delivery("1.1.0"), 0.1)
    stage.settled_down()
    stage.harm("spam")
    stage.pin(None, "words")
    assert _status(stage) == {
        "digits": ("1.1.0 (is tried on 10% of the requests; 1.0.0 answers)", ["canary"]),
        "spam": ("0.9.0, runs 0.9.0 (damaged)", ["drift"]),
        "words": ("-, runs 1.0.0", ["drift"]),
    }
    stage.target().put_back("digits")
    found = stage.delivery("1.1.0").pin
    stage.target().hold("digits", Hold("1.1.0", found.sha256, "12 of 100 requests failed", 1_796_000_000))
    assert _status(stage)["digits"] == ("1.1.0 (held), runs 1.0.0", ["held"])
    verb = stage.environment().verb
    said = " ".join(forks.verb(stage.root, "status").split())
    assert f"held in staging: 12 of 100 requests failed; `tox run -e {verb} -- staging --apply --retry` tries" in said
    assert f"next: `tox run -e {verb} -- ENVIRONMENT` shows" in said
    stage.pin("1.0.0", "words")
    stage.pin("1.0.0", "letters")
    found = _status(stage)
    assert [found[model] for model in ("letters", "words")] == [("1.0.0, runs nothing", ["drift"]), ("1.0.0", [])]


def _status(stage: Stage) -> dict[str, tuple[str, list[str]]]:
    """Return how each model that is pinned or runs stands in staging, in words and by its marks."""
    document = json.loads(forks.verb(stage.root, "status", "--json"))
    assert schemas.problems(Document("status", document, {(): (1, "")}), "status") == []
    assert [one["unknown"] for one in document["environments"]] == [None, None]
    marks = {one["name"]: one["environments"][0]["marks"] for one in document["models"]}
    head, *lines = forks.verb(stage.root, "status").splitlines()
    column = slice(head.index("staging"), head.index("production"))
    cells = {line.split()[0]: line[column].strip() for line in lines[: len(marks)]}
    return {model: (cells[model], marks[model]) for model in marks if cells[model] != "-"}


def test_a_model_is_removed_and_the_last_one_only_when_that_is_allowed(stage: Stage) -> None:
    stage.pin("1.0.0")
    stage.pin("1.1.0", "spam")
    stage.deploy()
    stage.pin(None)
    assert stage.plan() == stage.deploy() == ["- digits   1.0.0"]
    stage.settled_down()
    assert (stage.factor(), stage.factor("spam")) == (None, 3)
    stage.pin(None, "spam")
    with pytest.raises(RegistryError, match="pins no model, so every model would be removed"):
        stage.deploy()
    assert (stage.factor("spam"), stage.runs("spam")) == (3, ("1.1.0", True, None))
    assert stage.deploy(prune=True) == ["- spam     1.1.0"]
    assert (stage.target().running(), stage.plan()) == ({}, [])


def test_what_answers_otherwise_than_it_was_judged_is_put_back_and_held_and_all_else_goes_on(stage: Stage) -> None:
    stage.pin("1.0.0")
    stage.deploy()
    stage.pin("1.2.0")
    held = "digits@v1.2.0 is held since .*: answers golden inputs otherwise than when it was judged"
    for _ in "tried", "not tried again":
        with pytest.raises(RegistryError, match=held):
            stage.deploy()
        stage.settled_down()
        assert (stage.factor(), stage.runs(), stage.plan()) == (2, ("1.0.0", True, None), [])
    assert stage.target().holds()["digits"].version == "1.2.0"
    stage.pin("1.2.0", "spam")
    stage.pin("1.1.0")
    with pytest.raises(RegistryError, match="spam@v1.2.0 is held since .*: answers golden inputs otherwise"):
        stage.deploy()
    assert (stage.factor(), [*stage.target().running()], [*stage.target().holds()]) == (3, ["digits"], ["spam"])
    assert stage.plan() == []


def test_a_version_is_tried_on_a_share_then_on_all_and_settled(stage: Stage) -> None:
    stage.pin("1.0.0")
    stage.deploy()
    target = stage.target()
    with target.locked():
        target.begin(stage.delivery("1.1.0"), 0.1)
    assert stage.runs() == ("1.0.0", True, ("1.1.0", 0.1))
    assert (stage.factor(), stage.tried()) == (2, 3)
    stage.target().widen("digits")
    stage.settled_down()
    assert (stage.runs(), stage.factor()) == (("1.0.0", True, ("1.1.0", 1.0)), 3)
    stage.target().settle("digits")
    stage.settled_down()
    assert (stage.runs(), stage.factor(), stage.tried()) == (("1.1.0", True, None), 3, 3)


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_a_version_that_does_badly_is_put_back_and_held(stage: Stage, share: float) -> None:
    stage.pin("1.0.0")
    stage.deploy()
    stage.target().begin(stage.delivery("1.1.0"), share)
    target, found = stage.target(), stage.delivery("1.1.0").pin
    target.put_back("digits")
    hold = Hold("1.1.0", found.sha256, "12 of 100 requests failed", 1_796_000_000.5)
    target.hold("digits", hold)
    stage.settled_down()
    assert (stage.runs(), stage.factor(), stage.tried()) == (("1.0.0", True, None), 2, 2)
    assert stage.target().holds() == {"digits": hold}
    assert stage.plan() == []
    stage.target().hold("digits", None)
    assert stage.target().holds() == {}


def test_a_first_version_that_does_badly_goes(stage: Stage) -> None:
    stage.target().begin(stage.delivery("1.1.0"), 1.0)
    assert (stage.runs(), stage.factor()) == (("", True, ("1.1.0", 1.0)), 3)
    stage.target().put_back("digits")
    stage.settled_down()
    assert (stage.target().running(), stage.factor()) == ({}, None)


def test_another_version_takes_the_place_of_one_that_is_tried(stage: Stage) -> None:
    stage.pin("1.0.0")
    stage.deploy()
    for share, version in (1.0, "1.1.0"), (0.1, "1.0.0"):
        stage.target().begin(stage.delivery("0.9.0"), share)
        stage.pin(version)
        stage.deploy()
        assert (stage.factor(), stage.runs()) == (MADE[version][1], (version, True, None))
        stage.settled_down()


def test_a_deploy_killed_at_each_step_always_answers_and_ends_the_same(stage: Stage) -> None:
    stage.pin("1.0.0")
    first = _survived(stage, ())
    stage.pin("1.1.0")
    change = _survived(stage, (2, 3))
    assert (stage.runs(), stage.factor(), stage.plan()) == (("1.1.0", True, None), 3, [])
    stage.harm()
    repair = _survived(stage, (3, None) if stage.kind == "command" else (3,))
    assert (stage.runs(), stage.factor(), stage.plan()) == (("1.1.0", True, None), 3, [])
    stage.pin(None)
    removal = _survived(stage, (3, None), prune=True)
    stage.settled_down()
    assert (stage.target().running(), stage.factor()) == ({}, None)
    print(f"{stage.kind}: killed within {first}, {change}, {repair} and {removal} steps")


def _survived(stage: Stage, answers: tuple[float | None, ...], prune: bool = False) -> int:
    """Deploy, killed some steps later each time until no step is left; return how many steps that makes."""
    for steps in itertools.count(step=stage.stride):
        if forks.survives(stage.root, lambda: stage.deploy(prune), steps=steps):
            return steps
        assert not answers or stage.factor() in answers, f"killed before step {steps}"
        stage.target().running()
        stage.check_start()


def test_two_deploys_at_once_are_one_and_the_other_says_so(stage: Stage) -> None:
    stage.pin("1.0.0")
    with stage.target().locked():
        with pytest.raises(RegistryError, match="by another (process|deploy).*; wait until it is done"):
            stage.deploy()
    assert stage.deploy() == ["+ digits   1.0.0"]


def test_of_many_models_only_what_changed_is_touched(stage: Stage) -> None:
    names = stage.fill(stage.many)
    assert (len(names), stage.plan()) == (stage.many - 1, [])
    stage.pin("1.1.0", names[50])
    stage.pin(None, names[51])
    stage.pin("1.0.0", "spam")
    assert stage.deploy() == ["~ model-0050 1.0.0 → 1.1.0", "- model-0051 1.0.0", "+ spam     1.0.0"]
    assert (stage.plan(), stage.factor(names[50]), stage.factor("spam"), stage.factor(names[52])) == ([], 3, 2, 2)
