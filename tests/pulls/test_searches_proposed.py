"""What a search found as a pull request: from numbers that are held against what was asked, on main as it is."""

import json
import re
import shlex
from pathlib import Path

import propose
import pytest
import rendering
from hub import Hub
from mistakes import replace
from registries import commit
from talking import fails, succeeds

from registry.specs import models
from registry.tuning import tuned, wishes
from registry.tuning.trials import Trial

FILE, HANDED = "models/digits/model.yaml", "candidates/.tuned/digits.json"
WORDS = ("digits", "--set", "epochs=3..10 learning_rate=1e-4..1e-2:log")
OWN = {"epochs": 5, "learning_rate": 0.001}
BEST = {"epochs": 8, "learning_rate": 0.00213}
PLACES = [0.01, -0.01, 0.02, -0.02, 0.0]


def trial(number: int, arguments: dict, mean: float) -> Trial:
    return Trial(number, arguments, [mean + place for place in PLACES], 12.0)


@pytest.fixture
def hub(hub: Hub) -> Hub:
    hub.repository.permissions["can_approve_pull_request_reviews"] = True
    return hub


@pytest.fixture
def handed(root: Path, hub: Hub) -> Path:
    """A search of digits handed over, in which one of two trials is better than the spec's own arguments."""
    (model,) = models.load(root, ["digits"])
    wish = wishes.wish(model, WORDS[2:], None, None)
    failed = Trial(3, {"epochs": 9, "learning_rate": 0.01}, reason="@octo <img src=x>")
    those = trial(0, OWN, 0.9), trial(1, BEST, 0.95), trial(2, {"epochs": 3, "learning_rate": 0.0001}, 0.7), failed
    tuned.store(root, wish, wish.found(those))
    return root / HANDED


def workflow(hub: Hub) -> dict[str, str]:
    """The environment of the job `propose`."""
    return {"GITHUB_TOKEN": hub.workflow({"contents": "write", "pull_requests": "write"}), "GITHUB_ACTIONS": "true"}


def proposes(root: Path, hub: Hub) -> str:
    return succeeds(root, hub, propose, *WORDS, **workflow(hub))


def test_the_best_is_written_into_the_spec_with_the_table_and_pictures_beside_it(
    root: Path, hub: Hub, handed: Path
) -> None:
    said = proposes(root, hub)
    assert f"digits: epochs 8, learning_rate 0.00213: opened: {hub.server_url}/octo/models/pull/1\n" in said
    (pull,) = hub.repository.pulls.values()
    assert (pull["title"], pull["head"]["ref"]) == ("tune digits: epochs 8, learning_rate 0.00213", "tune/digits")
    head = pull["head"]["sha"]
    assert head in hub.repository.verified and hub.repository.git.lines("rev-list", f"main..{head}") == [head]
    before, after = (root / FILE).read_text("utf-8"), hub.repository.git.text("show", f"{head}:{FILE}") + "\n"
    changed = [line for line in after.splitlines() if line not in before.splitlines()]
    assert changed == ["  epochs: 8", "  learning_rate: 0.00213"], "nothing is released, so the version stays"
    body = pull["body"]
    assert "press “Approve workflows to run” below" in body and "`digits` keeps its version" in body
    assert (
        "| 1 | 0.950 ± 0.016 | 8 | 0.00213 | 12 |  |\n| 0 | 0.900 ± 0.016 | 5 | 0.001 | 12 | the spec's own |" in body
    )
    assert body.count("```mermaid") == 3 and "octo <img" not in body
    assert "`tox run -e tune -- digits --trials 4 --metric accuracy --set epochs=3..10 --set learning_rate=" in body
    rendering.check(body.rpartition("\n")[0], f"{hub.server_url}/octo/models/")
    assert "open already" in proposes(root, hub)


def test_the_command_that_searches_again_can_be_pasted_into_a_shell(root: Path, hub: Hub) -> None:
    replace(
        root,
        "models/digits/model.py",
        "learning_rate: float)",
        'learning_rate: float, sizes: list[int] = (), act: str = "")',
    )
    commit(root)
    (model,) = models.load(root, ["digits"])
    words = ["sizes=[64,32],[128]", 'act="on","a b"']
    wish = wishes.wish(model, words, None, None)
    tuned.store(root, wish, wish.found([trial(0, {}, 0.9), trial(1, {"sizes": [128], "act": "a b"}, 0.95)]))
    succeeds(root, hub, propose, "digits", "--set", words[0], "--set", words[1], **workflow(hub))
    (told,) = re.findall("`(tox run -e tune [^`]*)`", hub.repository.pulls[1]["body"])
    again = shlex.split(told)
    assert (
        wishes.wish(model, [one for at, one in zip(again, again[1:], strict=False) if at == "--set"], None, None).key
        == wish.key
    )


def test_the_version_rises_where_the_old_one_is_released(pinned: Path, tmp_path: Path) -> None:
    (model,) = models.load(pinned, ["digits"])
    wish = wishes.wish(model, WORDS[2:], None, None)
    tuned.store(pinned, wish, wish.found([trial(0, OWN, 0.9), trial(1, BEST, 0.95)]))
    with Hub(tmp_path / "hub", retry_after=0) as hub:
        hub.repository.permissions["can_approve_pull_request_reviews"] = True
        hub.take(pinned)
        proposes(pinned, hub)
        (pull,) = hub.repository.pulls.values()
        assert "version: 1.1.0\n" in hub.repository.git.text("show", f"{pull['head']['sha']}:{FILE}")
        assert "`digits` rises from 1.0.0 to 1.1.0." in pull["body"].replace("\\", "")


def test_where_nothing_is_told_apart_from_the_spec_s_own_nothing_is_proposed(
    root: Path, hub: Hub, handed: Path
) -> None:
    facts = json.loads(handed.read_text("utf-8"))
    facts["trials"][1]["values"] = [0.99, 0.80, 0.99, 0.80, 0.99]
    handed.write_text(json.dumps(facts))
    assert "digits: nothing is told apart from the spec's own arguments, so nothing is proposed\n" in proposes(
        root, hub
    )
    assert not hub.repository.pulls and not hub.calls.writes


@pytest.mark.parametrize(("field", "value", "said"), [
    ("arguments", {"epochs": 80, "learning_rate": 0.001},
     "has a trial 1 of arguments that were not searched; search again"),
    ("arguments", {"epochs": 8.0, "learning_rate": 0.001},
     "has a trial 1 of arguments that were not searched; search again"),
    ("arguments", BEST | {"seed": 8}, "has a trial 1 of arguments that were not searched; search again"),
    ("arguments", {"epochs": 8}, "has a trial 1 of arguments that were not searched; search again"),
    ("values", [0.99], "has a trial 1 of other folds; search again"),
    ("values", ["@octo"] * 5, "is damaged (trials[1].values[0] \"@octo\" is text); search again"),
    ("number", 0, "has two trials of one number; search again"),
])  # fmt: skip
def test_what_was_not_asked_for_is_never_written(
    root: Path, hub: Hub, handed: Path, field: str, value: object, said: str
) -> None:
    facts = json.loads(handed.read_text("utf-8"))
    facts["trials"][1][field] = value
    handed.write_text(json.dumps(facts))
    assert f"{HANDED}: {said}\n" in fails(root, hub, propose, *WORDS, **workflow(hub))
    assert not hub.calls.writes


def test_a_search_of_another_main_or_of_other_ranges_is_none(root: Path, hub: Hub, handed: Path) -> None:
    other = fails(root, hub, propose, "digits", "--set", "epochs=3..9", **workflow(hub))
    assert f"{HANDED}: is of another search than is asked for; search again\n" in other
    replace(root, FILE, "batch_size: 32", "batch_size: 64")
    assert "models/digits: is not as the last commit has it" in fails(root, hub, propose, *WORDS, **workflow(hub))
    commit(root)
    moved = fails(root, hub, propose, *WORDS, **workflow(hub))
    assert f"{HANDED}: is of another model, or of other code, data or settings than models/digits holds" in moved
    handed.unlink()
    assert f"{HANDED}: is not there; search again\n" in fails(root, hub, propose, *WORDS, **workflow(hub))
    assert not hub.calls.writes
