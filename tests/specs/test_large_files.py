"""Git LFS: a pointer is never taken for the file, what is pinned is the file's digest, and files come when needed."""

import hashlib
import os
import shutil
from pathlib import Path

import largefiles
import pytest
from forks import verb
from registries import ENVIRONMENT, commit, git, template

from registry import lfs
from registry.errors import RegistryError
from registry.specs import committed, data, models

PLACE = "models/digits"
ROWS = b"1,2,0\r\n3,4,1\r\n" * 100
SHA256 = hashlib.sha256(ROWS).hexdigest()
WEIGHTS = b"\0\r\n" * 1000


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `team`, where the files lie, and `clone`, which has their pointers and knows where to fetch them."""
    here = tmp_path_factory.mktemp("lfs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ENVIRONMENT, "PATH", largefiles.path_with())
        team = template(here / "team")
        git(team, "lfs", "install", "--local")
        (team / ".gitattributes").write_text("* text=auto eol=lf\n*.csv filter=lfs -text\n*.bin filter=lfs -text\n")
        spec = team / PLACE / "model.yaml"
        head, _, rest = spec.read_text("utf-8").partition("data:\n")
        tail = rest.partition("  holdout:")[2]
        spec.write_text(f"{head}data:\n  path: data.csv\n  sha256: {SHA256}\n  holdout:{tail}", "utf-8")
        for name, content in {"data.csv": ROWS, "weights.bin": WEIGHTS, "unused.bin": WEIGHTS * 2}.items():
            (team / PLACE / name).write_bytes(content)
        commit(team)
        git(here, "clone", "--quiet", "--bare", str(team), "hub.git")
        git(team, "remote", "add", "origin", f"file://{here}/hub.git")
        git(team, "lfs", "push", "--all", "origin")
    git(here, "-c", "filter.lfs.process=", "-c", "filter.lfs.smudge=", "clone", "--quiet", f"file://{here}/hub.git",
        "clone")  # fmt: skip
    return here


@pytest.fixture
def team(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use(monkeypatch, largefiles.path_with())
    return shutil.copytree(kept / "team", tmp_path / "team")


@pytest.fixture
def clone(kept: Path, tmp_path: Path) -> Path:
    return shutil.copytree(kept / "clone", tmp_path / "clone")


def use(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("PATH", path)
    monkeypatch.setitem(ENVIRONMENT, "PATH", path)


def told(name: str) -> str:
    text = f"is a Git LFS pointer here, not the file; run `git lfs pull --include={PLACE}/{name}`"
    return f"{PLACE}/{name}: {text}, as `build` does by itself"


def refused(root: Path) -> str:
    said = verb(root, "validate", code=1)
    assert said.endswith("\n1 problem\n")
    return said.removesuffix("\n1 problem\n")


ALL_VALID = "1 model, 2 environments, 0 pins: all valid"


def test_where_the_files_lie_nothing_is_special(team: Path) -> None:
    assert verb(team, "validate").splitlines()[0] == ALL_VALID
    (model,) = models.load(team, [])
    assert data.fetch(model) == team / PLACE / "data.csv"
    assert (model.contents.unlike, model.contents.pointers) == ({}, [])
    assert model.recipe == models.recipes_at(team, {"digits": "HEAD"})["digits"]


def test_a_clone_with_pointers_has_the_same_fingerprint_and_is_valid_and_says_what_to_run(
    clone: Path, team: Path
) -> None:
    said = verb(clone, "validate").splitlines()
    assert said[0] == ALL_VALID
    assert said[2:] == [told("data.csv"), told("unused.bin"), told("weights.bin")]
    assert models.load(clone, [])[0].recipe == models.load(team, [])[0].recipe


def test_a_clone_that_asks_for_git_lfs_where_it_is_not_installed_says_so(
    team: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, largefiles.without(tmp_path / "bin"))
    os.utime(team / PLACE / "data.csv", (1, 1))  # Git has to look into it
    assert refused(team) == (
        "git-lfs: is not installed, and this clone asks for it; install it and run the same command again"
    )


def test_the_digest_of_a_pointer_is_never_the_right_one(clone: Path) -> None:
    pointer = hashlib.sha256((clone / PLACE / "data.csv").read_bytes()).hexdigest()
    spec = clone / PLACE / "model.yaml"
    for digest, said in (
        (pointer, f"is the digest of a Git LFS pointer, not of data.csv, which has {SHA256}; write that"),
        ("f" * 64, f"data.csv has the digest {SHA256}, not {'f' * 64}; if the file is right, write its digest here"),
    ):
        text = spec.read_text("utf-8")
        spec.write_text(text.replace(models.load(clone, [])[0].spec["data"]["sha256"], digest), "utf-8")
        assert refused(clone) == f"{PLACE}/model.yaml:9: data.sha256: {said}"


def test_what_lfs_says_of_a_file_counts_where_it_is_too_large_to_be_read(
    team: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committed, "LARGEST", 10)
    found, _ = models.load_some(team, [])
    assert committed.survey(team, found.values()) == ([], [])
    found["digits"].spec["data"]["sha256"] = "f" * 64
    (problem,), _ = committed.survey(team, found.values())
    assert problem.text.startswith(f"data.csv has the digest {SHA256}, not ffff")


def test_only_what_is_asked_for_is_fetched(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, largefiles.path_with())
    (model,) = models.load(clone, [])
    assert data.fetch(model).read_bytes() == ROWS
    assert lfs.target_of(clone / PLACE / "weights.bin") == hashlib.sha256(WEIGHTS).hexdigest()
    lfs.pull(clone, [f"{PLACE}/weights.bin"])
    assert (clone / PLACE / "weights.bin").read_bytes() == WEIGHTS
    assert models.load(clone, [])[0].recipe == model.recipe
    assert verb(clone, "validate").splitlines()[2:] == [told("unused.bin")]


def test_a_workflow_hands_its_token_to_its_own_server(kept: Path, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, largefiles.path_with())
    monkeypatch.setenv("GIT_TERMINAL_PROMPT", "0")
    with largefiles.serving(kept / "team/.git/lfs/objects") as server:
        here = f"http://127.0.0.1:{server.server_port}"
        git(clone, "remote", "set-url", "origin", f"{here}/team/models.git")
        git(clone, "config", "lfs.concurrenttransfers", "1")
        (model,) = models.load(clone, [])
        monkeypatch.setenv("GITHUB_TOKEN", largefiles.TOKEN)
        with pytest.raises(RegistryError):
            data.fetch(model)
        monkeypatch.setenv("GITHUB_SERVER_URL", here)
        assert data.fetch(model).read_bytes() == ROWS
        assert server.asked == [SHA256]


def test_without_git_lfs_it_is_said_what_is_missing(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, largefiles.without(tmp_path / "bin"))
    (model,) = models.load(clone, [])
    with pytest.raises(RegistryError) as error:
        data.fetch(model)
    assert str(error.value) == (
        f"{PLACE}/data.csv: is a Git LFS pointer here, not the file, and `git lfs pull --include={PLACE}/data.csv`"
        " failed: git-lfs is not installed; install it and run the same command again"
    )


def test_a_file_that_is_nowhere_is_told_with_the_words_of_git_lfs(
    kept: Path, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, largefiles.path_with())
    git(clone.parent, "init", "--quiet", "--bare", "empty.git")
    git(clone, "remote", "set-url", "origin", f"file://{clone.parent}/empty.git")
    with pytest.raises(RegistryError, match=f"^{PLACE}/data.csv: is a Git LFS pointer here.*failed: .*{SHA256[:10]}"):
        data.fetch(models.load(clone, [])[0])


def test_a_pointer_is_no_data_for_a_new_model(clone: Path) -> None:
    assert verb(clone, "new", "flowers", f"--data={PLACE}/data.csv", code=1) == (
        f"{PLACE}/data.csv: is a Git LFS pointer, not the file; fetch that where it lies:"
        " `git lfs pull --include=data.csv`\n1 problem\n"
    )
    assert sorted(os.listdir(clone / "models")) == ["digits"]


def test_a_new_model_has_the_digest_of_the_file_where_lfs_keeps_it(team: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(ROWS)
    verb(team, "new", "flowers", f"--data={tmp_path}/rows.csv")
    assert models.load(team, ["flowers"])[0].spec["data"]["sha256"] == SHA256
    commit(team)
    assert lfs.target(git(team, "show", "HEAD:models/flowers/data.csv").encode()) == SHA256
    assert verb(team, "validate").splitlines()[0] == ALL_VALID.replace("1 model", "2 models")


@pytest.mark.parametrize("name", ["model.py", "model.yaml"])
def test_what_checks_must_read_is_not_kept_by_lfs(
    team: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (team / ".gitattributes").open("a") as file:
        file.write(f"{name} filter=lfs -text\n")
    (team / PLACE / name).write_bytes((team / PLACE / name).read_bytes() + b"\n")
    commit(team)
    again = f"take it out of .gitattributes and run `git add --renormalize {PLACE}/{name}`"
    assert refused(team) == f"{PLACE}/{name}: is kept by Git LFS, and checks read this file from Git; {again}"
    (team / PLACE / name).write_text(git(team, "show", f"HEAD:{PLACE}/{name}"))
    assert refused(team) == (
        f"{PLACE}/{name}: is a Git LFS pointer, and checks read this file from Git;"
        f" run `git lfs pull --include={PLACE}/{name}`, then {again}"
    )
