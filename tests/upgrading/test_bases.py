"""From what an upgrade begins: the version that is recorded, and what the template's main had become by then."""

import shutil
from pathlib import Path

import forerunners
import forks
import pytest
import registries
from forerunners import text
from registries import git

MADE_LATER = "scripts/later.py"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("made") / "template"
    source.mkdir()
    git(source, "init", "--quiet", "--initial-branch=main", ".")
    forerunners.write(source, forerunners.FIRST)
    forerunners.release(source, "1.0.0")
    forerunners.write(source, {"scripts/verb.py": text(line_3="later 3"), MADE_LATER: text(), "tests/run.py": "3\n"})
    return source


@pytest.fixture
def source(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A template with a version 1.0.0, whose main has gone on since."""
    monkeypatch.setitem(registries.ENVIRONMENT, "PATH", forerunners.tox(tmp_path))
    return Path(shutil.copytree(made, tmp_path / "template"))


def upgraded(root: Path, source: Path, *words: str, code: int = 0) -> list[str]:
    said = forks.verb(root, "upgrade", "--template", str(source), "--tests=", *words, code=code).splitlines()
    return [line for line in said if not line.startswith("next: ")]


def test_a_repository_that_was_made_between_two_versions_begins_with_what_main_was_then(
    source: Path, tmp_path: Path
) -> None:
    root = forerunners.made_from(source, "main", tmp_path / "root")
    forerunners.write(root, {"scripts/ours.py": "ours\n", "scripts/moved.py": text(line_20="ours 20")})
    later = git(source, "rev-parse", "HEAD").strip()
    forerunners.write(
        source, {"scripts/verb.py": text(line_3="newer 3"), MADE_LATER: text(line_5="newer 5"), "tests/run.py": None}
    )
    forerunners.write(source, {"scripts/moved.py": text(line_3="newer 3")})
    forerunners.release(source, "1.1.0")
    assert upgraded(root, source)[0] == f"from 1.0.0 and what came until commit {later[:12]}"
    changed = git(root, "diff", "--name-status", "main", "upgrade-1.1.0").split()
    assert dict(zip(changed[1::2], changed[::2], strict=True)) == {
        ".github/template.json": "M", MADE_LATER: "M", "scripts/moved.py": "M", "scripts/verb.py": "M", "tests/run.py": "D",
    }  # fmt: skip
    git(source, "tag", "--delete", "v1.0.0")
    assert upgraded(root, source, code=1)[-2] == (
        "v1.0.0: is here, and the template has no such version; ask who makes it, and if you trust it all the same begin with "
        f"the commit that has this record, `--from {git(source, 'rev-parse', 'main~4').strip()[:12]}`"
    )
    assert upgraded(root, source, "--from", later)[0] == f"from commit {later[:12]}"


def test_a_file_that_a_team_changed_speaks_for_no_commit_that_took_it_away(source: Path, tmp_path: Path) -> None:
    root = forerunners.made_from(source, "v1.0.0", tmp_path / "root")
    forerunners.write(root, {"scripts/gone.py": "ours\n"})
    git(source, "reset", "--quiet", "--hard", "v1.0.0")
    forerunners.write(source, {"scripts/gone.py": None})
    forerunners.write(source, {"LICENSE": "nobody may\n"})
    forerunners.release(source, "1.1.0")
    said = upgraded(root, source, code=1)
    assert said[0] == "from 1.0.0" and said[-2].startswith(
        "scripts/gone.py: the template took it away, and you changed it; "
    )
    git(root, "rm", "--quiet", ".github/template.json")
    git(root, "commit", "--quiet", "--message", "no record")
    first = git(source, "rev-parse", "v1.0.0~").strip()
    assert upgraded(root, source, code=1)[0] == f"from commit {first[:12]}, of whose 19 files 18 are here as they were"


def test_a_branch_for_mends_is_no_part_of_main(source: Path, tmp_path: Path) -> None:
    git(source, "switch", "--quiet", "--create", "mends", "v1.0.0")
    forerunners.write(source, {"tests/picture": b"\0\1\4"})
    forerunners.release(source, "1.0.1")
    root = forerunners.made_from(source, "v1.0.1", tmp_path / "root")
    forerunners.write(root, {"scripts/verb.py": text(line_3="later 3"), MADE_LATER: text()})
    git(source, "switch", "--quiet", "main")
    git(source, "merge", "--quiet", "--strategy=ours", "--message=mends", "mends")
    forerunners.release(source, "1.1.0")
    assert upgraded(root, source)[0] == "from 1.0.1"
