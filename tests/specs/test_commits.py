"""What is fingerprinted and checked is what Git would give a fresh clone, whatever lies on the disk."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from registries import commit, git, template

from registry.specs import data, models
from registry.specs.models import Model

PLACE = "models/digits"
ROWS = b"1,2,0\n3,4,1\n" * 20
AGAIN = "git -c core.autocrlf=false -c core.eol=lf checkout --"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = template(tmp_path / "root")
    (root / ".gitattributes").write_text("* text=auto eol=lf\n")
    (root / PLACE / "words.txt").write_text("one\ntwo\n")
    own_rows(root, ROWS, hashlib.sha256(ROWS).hexdigest())
    commit(root)
    return root


def own_rows(root: Path, rows: bytes, sha256: str) -> None:
    """Let digits have a data file of its own."""
    (root / PLACE / "data.csv").write_bytes(rows)
    spec = root / PLACE / "model.yaml"
    head, _, rest = spec.read_text("utf-8").partition("data:\n")
    _, _, tail = rest.partition("  holdout:")
    spec.write_text(f"{head}data:\n  path: data.csv\n  sha256: {sha256}\n  holdout:{tail}", "utf-8")


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def windows(raw: bytes) -> bytes:
    return raw.replace(b"\n", b"\r\n")


def attributes(root: Path, *lines: str) -> None:
    (root / ".gitattributes").write_text("".join(f"{line}\n" for line in ("* text=auto eol=lf", *lines)))


def line_ends(root: Path) -> None:
    for name in "model.py", "words.txt", "data.csv", "model.yaml":
        rewrite(root / PLACE / name, windows)


def line_ends_of_a_person(root: Path) -> None:
    """Where no attribute says which, and Git is told to write those of Windows."""
    (root / ".gitattributes").unlink()
    git(root, "config", "core.autocrlf", "true")
    line_ends(root)


def another_default(root: Path) -> None:
    (root / ".gitattributes").write_text("* text=auto\n")
    git(root, "config", "core.eol", "crlf")
    line_ends(root)


def line_ends_of_windows_in_clones(root: Path) -> None:
    attributes(root, "data.csv eol=crlf", "words.txt eol=crlf")


def line_ends_as_they_are(root: Path) -> None:
    attributes(root, "data.csv -text", "words.txt -text")
    for name in "words.txt", "data.csv":
        rewrite(root / PLACE / name, windows)


def idents(root: Path) -> None:
    attributes(root, "*.csv ident", "*.txt ident")
    for name in "words.txt", "data.csv":
        rewrite(root / PLACE / name, lambda raw: raw + b"$Id: of somebody else$\n")


def encodings(root: Path) -> None:
    attributes(root, "*.csv text working-tree-encoding=UTF-16LE eol=lf", "model.yaml working-tree-encoding=UTF-16LE")
    for name in "data.csv", "model.yaml":
        rewrite(root / PLACE / name, lambda raw: raw.decode().encode("utf-16-le"))


def a_filter(root: Path) -> None:
    """A filter that this clone has, and no other."""
    attributes(root, "*.csv filter=upper", "*.txt filter=upper")
    git(root, "config", "filter.upper.clean", "tr a-z1 A-Z7")
    git(root, "config", "filter.upper.smudge", "tr A-Z7 a-z1")
    git(root, "config", "filter.upper.required", "true")
    for name in "words.txt", "data.csv":
        rewrite(root / PLACE / name, lambda raw: raw + b"three,1\n")


def unseen_by_git(root: Path) -> None:
    git(root, "update-index", "--assume-unchanged", f"{PLACE}/words.txt", f"{PLACE}/data.csv")
    git(root, "update-index", "--skip-worktree", f"{PLACE}/model.py")
    for name in "words.txt", "data.csv", "model.py":
        rewrite(root / PLACE / name, lambda raw: raw + b"# more\n")


def gone_unseen(root: Path) -> None:
    git(root, "update-index", "--skip-worktree", f"{PLACE}/words.txt")
    (root / PLACE / "words.txt").unlink()


def binary(root: Path) -> None:
    rewrite(root / PLACE / "words.txt", lambda raw: raw + b"\r\n\0\r")


def left_from_before(root: Path) -> None:
    """Committed with the line ends of Windows before any attribute said otherwise: Git leaves them so."""
    (root / ".gitattributes").unlink()
    line_ends(root)
    commit(root)
    (root / ".gitattributes").write_text("* text=auto\n")


def new_and_nested(root: Path) -> None:
    (root / PLACE / "more" / "ünï and spaces").mkdir(parents=True)
    (root / PLACE / "more" / "ünï and spaces" / "a,b.txt").write_bytes(b"a\r\nb\r\n")


KINDS = (
    line_ends, line_ends_of_a_person, another_default, line_ends_of_windows_in_clones, line_ends_as_they_are, idents,
    encodings, a_filter, unseen_by_git, gone_unseen, binary, left_from_before, new_and_nested,
)  # fmt: skip


def objects(root: Path) -> list[Path]:
    """Return what Git keeps of contents."""
    return sorted((root / ".git/objects").rglob("*"))


def load(root: Path) -> Model:
    found, problems = models.load_some(root, [])
    assert not problems, problems
    return found["digits"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_disk_is_fingerprinted_and_read_as_a_fresh_clone_of_it(
    root: Path, tmp_path: Path, kind: Callable[[Path], None]
) -> None:
    git(root, "config", "core.splitIndex", "true")
    git(root, "config", "core.safecrlf", "false")
    kind(root)
    before = objects(root)
    git(root, "config", "core.safecrlf", "true")
    found = load(root)
    assert objects(root) == before
    git(root, "config", "core.safecrlf", "false")
    commit(root)
    again = load(root)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(root), str(clone))
    cloned = load(clone)
    at_commit = models.recipes_at(root, {"digits": "HEAD"})["digits"]
    assert found.recipe == again.recipe == cloned.recipe == at_commit
    assert found.spec == again.spec == cloned.spec
    rows = (clone / PLACE / "data.csv").read_bytes()
    sha256 = hashlib.sha256(rows).hexdigest()
    for model in found, again:
        model.spec["data"]["sha256"] = sha256
        assert data.fetch(model).read_bytes() == rows
    code = {name: (clone / PLACE / name).read_bytes() for name in cloned.contents.code}
    here = {name: (root / PLACE / name).read_bytes() for name in code if (root / PLACE / name).exists()}
    assert {name: (here | again.contents.unlike)[name] for name in code} == code
