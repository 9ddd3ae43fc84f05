"""Every broken document in tests/invalid is refused with exactly the lines in tests/invalid/said.txt."""

import json
import shutil
from pathlib import Path

import pytest
from mistakes import environment, said, write
from registries import TEMPLATE, git
from servers import ROOT

from registry import console
from registry.checks import consistency
from registry.errors import RegistryError
from registry.formats import documents

INVALID = ROOT / "tests/invalid"
SAID = (INVALID / "said.txt").read_text("utf-8").splitlines()
PLACES = {"model": "models/{}/model.yaml", "environment": "environments/{}.yaml", "pin": "environments/pins/{}.yaml"}
DOCUMENTS = sorted(path.relative_to(INVALID).as_posix().removesuffix(".yaml")
                   for kind in PLACES for path in INVALID.glob(f"{kind}/*.yaml"))  # fmt: skip


def place(document: str) -> str:
    kind, name = document.split("/")
    return PLACES[kind].format(name)


def broken(root: Path) -> Path:
    """Make `root` a repository that holds every broken document in its place; return it."""
    write(root, "environments/pins.yaml", environment())
    for document in DOCUMENTS:
        (root / place(document)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(INVALID / f"{document}.yaml", root / place(document))
    for folder in (root / "models").iterdir():
        for name in ("data.py", "model.py"):
            shutil.copy(TEMPLATE / "models/digits" / name, folder)
    git(root, "init", "--quiet", ".")
    return root


@pytest.fixture(scope="module")
def all_said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return said(broken(tmp_path_factory.mktemp("broken")))


def test_a_broken_document_is_refused_in_one_clear_line_a_fault(all_said: list[str]) -> None:
    assert all_said == SAID[:-1]
    told = {line.partition(":")[0] for line in SAID}
    assert [document for document in DOCUMENTS if place(document) not in told] == []


def test_all_problems_are_told_at_once_sorted_and_counted(tmp_path: Path, capsys) -> None:
    with pytest.raises(RegistryError) as error:
        consistency.validate(broken(tmp_path), [])
    console.report(error.value.problems)
    assert capsys.readouterr().err.splitlines() == SAID


def test_every_problem_is_one_line_that_names_the_file_and_the_line() -> None:
    for line in SAID[:-1]:
        place, _, rest = line.partition(": ")
        assert line.isprintable() and len(line) < 320, line
        assert place.rpartition(":")[2].isdecimal() or rest.startswith("is empty"), line


def test_a_document_may_be_json_and_may_have_the_line_ends_of_windows(root: Path) -> None:
    spec = documents.load(root, "models/digits/model.yaml", "model").data
    (root / "models/digits/model.yaml").write_text(json.dumps(spec, indent=1).replace("\n", "\r\n"), "utf-8")
    assert documents.load(root, "models/digits/model.yaml", "model").data == spec
    consistency.validate(root, [])


def test_a_document_that_the_system_hands_out_in_pieces_is_read_whole() -> None:
    assert documents.contents(Path("/proc/self"), "maps").count(b"\n") == Path("/proc/self/maps").read_bytes().count(b"\n")


def test_a_very_large_document_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_text("#" * 300_000)
    with pytest.raises(
        RegistryError, match="large.yaml: is larger than 262,144 bytes, the most that a document may have"
    ):
        documents.load(tmp_path, "large.yaml", "model")
