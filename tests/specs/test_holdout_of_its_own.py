"""Rows that are held out in a file of their own are named, checked and fetched as those to train with are."""

import hashlib
from pathlib import Path

import pytest
from registries import commit, template

from registry import files
from registry.checks import consistency
from registry.errors import RegistryError
from registry.github import retries
from registry.specs import data, fingerprints, models, sources

PLACE = "models/digits"
ROWS, EXAM = b"1,2,0\n3,4,1\n", b"5,6,0\n7,8,1\n"
ROWS_SHA256, SHA256 = (hashlib.sha256(one).hexdigest() for one in (ROWS, EXAM))
LINE = 12  # where the digest of the holdout stands


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home/cache"))
    monkeypatch.setattr(retries, "FIRST_WAIT", 0.001)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = template(tmp_path / "root")
    (root / PLACE / "rows.csv").write_bytes(ROWS)
    (root / PLACE / "exam.csv").write_bytes(EXAM)
    hold_out(root, "path: exam.csv")
    commit(root)
    return root


def hold_out(root: Path, source: str, sha256: str = SHA256) -> None:
    """Let digits have rows of its own, and others that are held out."""
    spec = root / PLACE / "model.yaml"
    head, _, rest = spec.read_text("utf-8").partition("data:\n")
    tail = rest[rest.index("training:") :]
    own = f"  path: rows.csv\n  sha256: {ROWS_SHA256}\n  holdout:\n    {source}\n    sha256: {sha256}\n\n"
    spec.write_text(f"{head}data:\n{own}{tail}", "utf-8")


def told(root: Path) -> str:
    """Return the problem that `validate` has, or, where it has none, what it advises."""
    try:
        return "\n".join(map(str, consistency.validate(root, [])[2]))
    except RegistryError as error:
        return str(error)


def refused(root: Path) -> str:
    (model,) = models.load(root, [])
    with pytest.raises(RegistryError) as error:
        data.fetch(model, sources.HOLDOUT)
    return str(error.value)


def test_both_files_are_fetched_and_neither_is_code(root: Path) -> None:
    (model,) = models.load(root, [])
    assert told(root) == ""
    assert [data.fetch(model, place).name for place in sources.of(model.spec)] == ["rows.csv", "exam.csv"]
    assert {*model.contents.code} == {"data.py", "model.py"}
    assert models.recipes_at(root, {"digits": "HEAD"})["digits"] == model.recipe


def test_what_becomes_of_the_holdout_is_named_by_its_fields(root: Path) -> None:
    (before,) = models.load(root, [])
    hold_out(root, "url: https://example.org/exam.csv", "f" * 64)
    (after,) = models.load(root, [])
    changed = fingerprints.differences(before.recipe, after.recipe)
    assert [one.field for one in changed] == [
        "data.holdout.path",
        "data.holdout.sha256",
        "data.holdout.url",
        "exam.csv",
    ]
    shared = fingerprints.with_defaults({"data": {"path": "rows.csv"}}, "data")
    assert shared["holdout"] == 0.2 and not sources.is_apart(shared)


def test_a_digest_that_a_clone_does_not_have_is_told_at_its_line(root: Path) -> None:
    hold_out(root, "path: exam.csv", "f" * 64)
    text = f"exam.csv has the digest {SHA256}, not {'f' * 64}; if the file is right, write its digest here"
    assert told(root) == refused(root) == f"{PLACE}/model.yaml:{LINE}: data.holdout.sha256: {text}"
    hold_out(root, "path: exam.csv", ROWS_SHA256)
    text = "is that of the rows to train with, too; name another file, or write a share such as 0.2"
    assert told(root) == f"{PLACE}/model.yaml:{LINE}: data.holdout.sha256: {text}"
    hold_out(root, "path: rows.csv")
    assert told(root) == f"{PLACE}/model.yaml:{LINE - 1}: data.holdout.path: {text}"


def test_a_file_that_no_clone_has_or_that_is_a_pointer_is_told(root: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{SHA256}\nsize {len(EXAM)}\n"
    (root / PLACE / "exam.csv").write_text(pointer)
    assert told(root) == (
        f"{PLACE}/exam.csv: is a Git LFS pointer here, not the file; run `git lfs pull --include={PLACE}/exam.csv`, as"
        " `build` does by itself"
    )
    hold_out(root, "path: exam.csv", hashlib.sha256(pointer.encode()).hexdigest())
    assert told(root) == (
        f"{PLACE}/model.yaml:{LINE}: data.holdout.sha256: is the digest of a Git LFS pointer, not of exam.csv, which has"
        f" {SHA256}; write that"
    )
    hold_out(root, "path: secret.csv")
    (root / PLACE / "secret.csv").write_bytes(EXAM)
    (root / ".gitignore").write_text("secret.csv\n")
    assert told(root).startswith(f"{PLACE}/secret.csv: is ignored by Git (")


def test_one_that_lies_elsewhere_is_taken_from_the_cache_or_its_absence_is_told(root: Path) -> None:
    hold_out(root, "url: https://localhost:1/exam.csv")
    assert refused(root).startswith(f"{PLACE}/model.yaml:{LINE - 1}: data.holdout.url: can't be fetched: ")
    files.write(data.cache() / SHA256 / "exam.csv", EXAM.decode())
    (model,) = models.load(root, [])
    assert data.fetch(model, sources.HOLDOUT).read_bytes() == EXAM
    assert data.fetch(model) == root / PLACE / "rows.csv"
