"""What lies on the disk and is not what a clone gets is told in a line, with a command that mends it."""

import hashlib
import subprocess
from pathlib import Path

import pytest
from forks import verb
from registries import ENVIRONMENT, commit, git, template

from registry.specs import models

PLACE = "models/digits"
AGAIN = "git -c core.autocrlf=false -c core.eol=lf checkout --"
ROWS = b"1.5,2.5,0\r\n3.5,4.5,1\r\n"
LINES = ROWS.replace(b"\r\n", b"\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = template(tmp_path / "root")
    (root / ".gitattributes").write_text("* text=auto eol=lf\n")
    (root / PLACE / "words and more.txt").write_text("one\n")
    commit(root)
    return root


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def advice(root: Path) -> list[str]:
    """Return what validate has to say of a repository that is valid."""
    return verb(root, "validate").splitlines()[2:]


def refused(root: Path) -> list[str]:
    return verb(root, "validate", code=1).splitlines()[:-1]


def paste(root: Path, line: str) -> None:
    """Run the command that a line ends with."""
    subprocess.run(line.split("`")[1], cwd=root, env=ENVIRONMENT, shell=True, check=True, capture_output=True)


def test_a_new_models_data_lies_there_as_a_clone_has_it(root: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(ROWS)
    said = verb(root, "new", "flowers", f"--data={tmp_path}/rows.csv")
    assert f"models/flowers/data.csv is {tmp_path}/rows.csv with the line ends that a clone gets\n" in said
    assert (root / "models/flowers/data.csv").read_bytes() == LINES
    assert models.load(root, ["flowers"])[0].spec["data"]["sha256"] == digest(LINES)
    assert advice(root) == []


@pytest.mark.parametrize("is_committed", [True, False])
def test_other_line_ends_are_told_and_mended_by_what_is_said(root: Path, is_committed: bool) -> None:
    verb(root, "new", "flowers")
    if is_committed:
        commit(root)
    files = [root / PLACE / "model.py", root / PLACE / "words and more.txt", root / "models/flowers/model.py"]
    for file in files:
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    names = [f"{PLACE}/model.py", f"'{PLACE}/words and more.txt'", "models/flowers/model.py"]
    said = advice(root)
    assert said == sorted(
        f"{name.strip(chr(39))}: lies here with other line ends than in a clone; run `git add {name} && rm {name} && {AGAIN} {name}`"
        for name in names
    )
    for line in said:
        paste(root, line)
    assert advice(root) == []
    assert b"\r" not in b"".join(file.read_bytes() for file in files)


def test_the_digest_of_bytes_that_no_clone_has_is_refused_with_the_right_one(root: Path) -> None:
    verb(root, "new", "flowers")
    folder = root / "models/flowers"
    (folder / "data.csv").write_bytes(ROWS)
    head, _, rest = (folder / "model.yaml").read_text("utf-8").partition("data:\n")
    tail = rest[rest.index("  holdout:") :]
    data_of = "{head}data:\n  path: data.csv\n  sha256: {sha256}\n{tail}".format
    (folder / "model.yaml").write_text(data_of(head=head, sha256=digest(ROWS), tail=tail), "utf-8")
    (said,) = refused(root)
    assert said.endswith(
        ": data.sha256: is the digest of data.csv as it lies here;"
        f" a clone has other bytes, of the digest {digest(LINES)}; write that"
    )
    (folder / "model.yaml").write_text(data_of(head=head, sha256=digest(LINES), tail=tail), "utf-8")
    (line,) = advice(root)
    assert line.startswith("models/flowers/data.csv: lies here with other line ends than in a clone; run `")
    paste(root, line)
    assert (folder / "data.csv").read_bytes() == LINES
    assert advice(root) == []
    (folder / "data.csv").write_bytes(LINES * 2)
    assert refused(root) == [
        f"models/flowers/model.yaml:9: data.sha256: data.csv has the digest {digest(LINES * 2)},"
        f" not {digest(LINES)}; if the file is right, write its digest here"
    ]


@pytest.mark.parametrize("flag", ["assume-unchanged", "skip-worktree"])
def test_what_git_is_told_not_to_see_is_told(root: Path, flag: str) -> None:
    git(root, "update-index", f"--{flag}", f"{PLACE}/model.py")
    (root / PLACE / "model.py").write_text("other\n")
    assert advice(root) == [
        f"{PLACE}/model.py: lies here as Git is told not to see ({flag}), and other than in a clone;"
        f" run `git update-index --no-{flag} {PLACE}/model.py`, then commit it"
    ]
    paste(root, advice(root)[0])
    assert refused(root) == [
        f"{PLACE}/model.py: train: is not defined at the top level; write `def train(features, labels, *, seed):`",
    ]


def ignore(root: Path, name: str) -> None:
    (root / ".gitignore").write_text(f"{name}\n")
    git(root, "rm", "--cached", "--quiet", "--ignore-unmatch", f"{PLACE}/{name}")


@pytest.mark.parametrize("name", ["model.yaml", "model.py"])
def test_what_git_ignores_is_no_part_of_a_model(root: Path, name: str) -> None:
    ignore(root, name)
    said = refused(root)
    assert said == [
        f"{PLACE}/{name}: is ignored by Git (`git check-ignore -v {PLACE}/{name}` says why), so no clone has it;"
        f" run `git add --force {PLACE}/{name}`"
    ]
    git(root, "add", "--force", f"{PLACE}/{name}")
    assert advice(root) == []


def test_data_that_git_ignores_is_told(root: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(LINES)
    (root / ".gitignore").write_text("*.csv\n")
    verb(root, "new", "flowers", f"--data={tmp_path}/rows.csv")
    (said,) = refused(root)
    assert said.startswith("models/flowers/data.csv: is ignored by Git")
    git(root, "add", "--force", "models/flowers/data.csv")
    assert advice(root) == []


def test_what_no_clone_can_hold_as_a_file_is_one_line_each(root: Path) -> None:
    for place in f"{PLACE}/vendor", "models/nested":
        git(root, "init", "--quiet", place)
        (root / place / "code.py").write_text("")
        commit(root / place)
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(root / PLACE / "vendor"),
        f"{PLACE}/module")  # fmt: skip
    git(root, "add", "models/nested")
    (root / PLACE / "link.txt").symlink_to("model.py")
    (root / PLACE / "folder").symlink_to("..")
    (root / PLACE / "Model.py").write_text("")
    (root / PLACE / "WORDS and more.txt").write_text("")
    own = "is a repository of its own, whose files no clone of this one holds; put the files themselves there"
    case = "by case only, and macOS and Windows keep one of them; rename one"
    assert refused(root) == [
        f"{PLACE}/folder: is a link; put the file itself there",
        f"{PLACE}/link.txt: is a link; put the file itself there",
        f"{PLACE}/model.py: differs from Model.py {case}",
        f"{PLACE}/module: {own}",
        f"{PLACE}/vendor: {own}",
        f"{PLACE}/words and more.txt: differs from WORDS and more.txt {case}",
        "models/nested: is a repository of its own, which no clone of this one holds; put its files into this one",
    ]


def test_a_data_file_is_named_as_git_names_it(root: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(LINES)
    verb(root, "new", "flowers", f"--data={tmp_path}/rows.csv")
    spec = root / "models/flowers/model.yaml"
    spec.write_text(spec.read_text("utf-8").replace("data.csv", "Data.csv"), "utf-8")
    assert refused(root) == [
        "models/flowers/model.yaml:8: data.path: Data.csv is no file in the model's folder; write data.csv"
    ]
