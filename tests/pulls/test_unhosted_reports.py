"""What a branch's checks found, told without GitHub: `changed --base --json`, and `report --from --to`."""

import json
import shutil
from pathlib import Path

import pytest
from forks import verb
from registries import candidate, commit, git
from rendering import check

from registry.formats import schemas
from registry.formats.reader import Document

PRODUCTION = "environments/production.yaml"


def edit(root: Path, place: str, old: str, new: str) -> None:
    text = (root / place).read_text("utf-8")
    assert old in text
    (root / place).write_text(text.replace(old, new), "utf-8")


def on_branch(root: Path) -> Path:
    git(root, "checkout", "--quiet", "-b", "branch")
    return root


def changed(root: Path) -> dict:
    found = json.loads(verb(root, "changed", "--base", "main", "--json"))
    assert schemas.problems(Document("changed", found, {}), "changed") == []
    return found


def report(root: Path, *words: str) -> str:
    """Return the comment that is written, without its first line."""
    verb(root, "report", "--from", "candidates/", "--to", "comment.md", *words)
    marker, _, page = (root / "comment.md").read_text("utf-8").partition("\n")
    assert marker == "<!-- model registry: what the checks found -->"
    check(page)
    return page


def test_a_branch_with_all_kinds_of_change_is_told_to_programs_and_to_people(pinned: Path) -> None:
    root = on_branch(pinned)
    edit(root, "models/digits/model.yaml", "version: 1.0.0", "version: 1.1.0")
    edit(root, "models/digits/model.yaml", "epochs: 5", "epochs: 6")
    (root / "models/digits/data.py").write_text("def load(path): ...\n")
    edit(root, PRODUCTION, "live", "all")
    (root / "environments/staging/digits.yaml").unlink()
    (root / "tox.ini").write_text("")
    commit(root)
    found = changed(root)
    (built,) = found.pop("build")
    assert found == {"judge": [], "drop": [], "plan": ["production", "staging"], "approve": [], "leave": [], "code": True}
    assert (built["model"], built["version"], built["since"]) == ("digits", "1.1.0", "digits@v1.0.0")
    assert built["reason"] == "data.py, training.epochs changed since digits@v1.0.0"
    missing = report(root)
    assert missing.startswith(
        "> [!CAUTION]\n> **not all is there; staging: 1 change; production: is described otherwise**"
    )
    reason = "models/digits: version and fingerprint changed since the candidate was built; build digits again"
    assert f"| what is not there | why |\n| --- | --- |\n| report of digits | {reason} |\n" in missing
    candidate(root)
    page = report(root)
    assert page.startswith("> [!WARNING]\n> **digits 1.1.0 passes")
    for told in (
        "Once this is merged, `publish` releases `digits@v1.1.0`, and `promote` pins it in staging.",
        "**This changes the examination** of digits (`data.py`)",
        "**This changes what judges**: `tox.ini`.",
        "Once this is merged, `deploy` does this:\n\n```\nstaging\n  - digits   1.0.0\n```",
        "### production\n\nThe environment's own file changes",
        f"This is about `{git(root, 'rev-parse', 'HEAD')[:12]}`.",
    ):
        assert told in page, page


def test_what_fails_and_what_is_judged_again_by_its_release_is_told(pinned: Path) -> None:
    root = on_branch(pinned)
    edit(root, "models/digits/model.yaml", "min: 0.90", "min: 0.99")
    commit(root)
    assert changed(root)["judge"] == ["digits"]
    page = report(root)
    assert "digits 1.0.0: cannot tell by its new thresholds" in page or "digits 1.0.0: fail by its new" in page
    assert "`digits@v1.0.0` would no longer be released. It runs in staging." in page
    moved = Path(shutil.move(root / "releases", root.parent / "shared"))
    assert "would no longer" in report(root, "--releases", str(moved))
    edit(root, "models/digits/model.yaml", "version: 1.0.0", "version: 1.0.1")
    commit(root)
    candidate(root)
    assert "Don't merge this: `publish` refuses what does not pass." in report(root, "--releases", str(moved))


def test_a_branch_is_compared_with_where_it_left_main_whatever_main_did_since(pinned: Path) -> None:
    root = on_branch(pinned)
    (root / "environments/production").mkdir()
    shutil.copy(root / "environments/staging/digits.yaml", root / "environments/production")
    commit(root)
    git(root, "checkout", "--quiet", "main")
    (root / "environments/staging/digits.yaml").unlink()
    commit(root)
    git(root, "checkout", "--quiet", "branch")
    assert "production\n  + digits   1.0.0\n" in report(root) and "### staging" not in report(root)
    assert "### staging" in report(root, "--base", "main")
    git(root, "branch", "--delete", "--force", "main")
    git(root, "checkout", "--quiet", "--detach")
    git(root, "branch", "--delete", "--force", "branch")
    said = verb(root, "report", "--from", "candidates", "--to", "comment.md", code=1)
    assert said.splitlines()[0] == ("--base: is needed, since this clone has no main: name the commit to compare with")


@pytest.mark.parametrize(
    "words", [["--from", "."], ["--to", "x"], ["--run", "1", "--from", "."], ["--run", "1", "--to", "x"]]
)
def test_half_of_what_it_takes_is_refused(pinned: Path, words: list[str]) -> None:
    assert "usage: " in verb(pinned, "report", *words, code=2)
