"""Words that change alone, such as those of the card, train and publish nothing: what becomes of them is told."""

import json
from pathlib import Path

import pytest
import teams
from forks import verb
from hub import Hub
from registries import ENVIRONMENT, candidate, commit
from reviewing import edit
from telling import comment, reports, run_of

CARD = "card: {limits: Takes a 7 for a 2., licence: MIT}\n"
WAITS = "is another than digits@v1.0.0 has, for which nothing is published; the next version has it"


def says(root: Path, card: str = CARD) -> None:
    spec = root / "models/digits/model.yaml"
    spec.write_text(spec.read_text("utf-8") + card, "utf-8")


def test_a_released_versions_card_changes_with_the_next_one(pinned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    valid = verb(pinned, "validate")
    says(pinned)
    edit(pinned, "Reads handwritten", "Recognises handwritten")
    place = "models/digits/model.yaml"
    lines = (pinned / place).read_text("utf-8").splitlines()
    card, description = (
        1 + [line.startswith(f"{field}:") for line in lines].index(True) for field in ("card", "description")
    )
    assert (
        verb(pinned, "validate")
        == f"{valid}{place}:{description}: description: {WAITS}\n{place}:{card}: card: {WAITS}\n"
    )
    assert verb(pinned, "changed") == "every model is released as it is; nothing to build\n"
    monkeypatch.setitem(ENVIRONMENT, "GITHUB_OUTPUT", str(pinned.parent / "outputs"))
    verb(pinned, "changed", "--base", "HEAD")
    outputs = dict(line.split("=", 1) for line in (pinned.parent / "outputs").read_text().splitlines())
    assert (json.loads(outputs["models"]), json.loads(outputs["judge"])) == ([], [])
    edit(pinned, "version: 1.0.0", "version: 1.0.1")
    assert verb(pinned, "validate") == valid


def test_a_candidate_with_another_card_is_not_published(fresh: Path) -> None:
    says(fresh)
    commit(fresh)
    told = "card changed since the candidate was built; build it again with `tox run -e build -- digits`"
    assert verb(fresh, "publish", "digits", code=1) == f"models/digits: {told}\n1 problem\n"
    candidate(fresh, card={"limits": "Takes a 7 for a 2.", "licence": "MIT"})
    verb(fresh, "publish", "digits")
    page = (fresh / "releases/digits@v1.0.0/model-card.md").read_text("utf-8")
    assert page.startswith("---\nlicense: mit\n")
    assert "\n## Limits\n\nTakes a 7 for a 2.\n" in page


@pytest.mark.parametrize("is_raised", [False, True])
def test_a_pull_request_says_that_words_alone_publish_nothing(root: Path, hub: Hub, is_raised: bool) -> None:
    says(root)
    edit(root, "[vision]", "[reading]")
    if is_raised:
        edit(root, "version: 1.0.0", "version: 1.1.0")
    reports(root, hub, run_of(hub, teams.pull(root, hub)))
    rule = "Merging publishes nothing for that: what is released never changes, and the next version says it."
    told = "" if is_raised else f"**Words change** of digits (`owners` and `card`). {rule}\n\n"
    assert comment(hub).startswith(f"> [!NOTE]\n> **nothing to build or deploy**\n\n{told}This is about ")
