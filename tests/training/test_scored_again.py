"""compare --rescore: two released versions on the rows that are held out today, of which neither was trained on."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import handmade
import heaps
import pytest
from registries import ENVIRONMENT, commit, git
from servers import ROOT
from tinymodels import DATA, tiny

import compare
from registry import versions
from registry.artifacts import archive
from registry.errors import RegistryError
from registry.examining import rescoring
from registry.formats import schemas
from registry.formats.reader import Document
from registry.loading import making
from registry.loading.rows import Part
from registry.releases import ledger
from registry.releases.ledger import Release

LOAD = heaps.DATA.removeprefix(DATA)
SPEC = heaps.SPEC.replace("training:", "  holdout: 0.6\ntraining:")
ASKED = {"evaluation": {"slices": []}}
Made = tuple[Part, dict[str, dict]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The rows that are held out today, and two versions: the first held out fewer, the second takes heaps for others."""
    found = {}
    for version, holdout, code in (("1.0.0", 0.3, ""), ("1.1.0", 0.6, "answers = answers[::-1]")):
        folder = tmp_path_factory.mktemp("models") / "tiny"
        folder.mkdir()
        (folder / "data.csv").write_text(heaps.points())
        data = str(folder / "data.csv")
        model = tiny(folder, LOAD, handmade.code("seed, epochs", code), head="", holdout=holdout, folds=0, data=data)
        model.train()
        model.assess()
        tar = folder / "tiny-1.0.0.tar"
        found[version] = {"version": version, "tar": str(tar), "artifact": asdict(archive.describe(tar))}
    return making.load(model.examination).held_out, found


def test_both_are_scored_on_rows_that_are_new_to_both(made: Made) -> None:
    held_out, (old, new) = made[0], made[1].values()
    found = rescoring.rescore("models/tiny", "classification", held_out, old, new, ASKED)
    assert found["is_known"] and 60 < found["rows"] < len(held_out.labels) - 30
    assert found["old"]["metrics"]["accuracy"] == 1 and 0.1 < found["new"]["metrics"]["accuracy"] < 0.9
    assert found["differences"]["accuracy"]["rows"] == found["rows"]
    turned = rescoring.rescore("models/tiny", "classification", held_out, new, old, ASKED)
    assert [turned[one]["metrics"]["accuracy"] for one in ("new", "old")] == [
        found[one]["metrics"]["accuracy"] for one in ("old", "new")
    ]  # fmt: skip


def test_bytes_that_are_not_the_release_are_scored_by_nobody(made: Made, tmp_path: Path) -> None:
    old, new = made[1].values()
    (tmp_path / "bad.tar").write_bytes(Path(old["tar"]).read_bytes()[:-1] + b"x")
    with pytest.raises(RegistryError) as error:
        bad = old | {"tar": str(tmp_path / "bad.tar")}
        rescoring.rescore("models/tiny", "classification", made[0], bad, new, ASKED)
    said = str(error.value)
    assert said.startswith("models/tiny 1.0.0: can't be scored on the rows that are held out today: tiny-1.0.0.tar: ")
    assert said.endswith("; compare them without --rescore")


def test_compare_fetches_both_and_prints_a_document_and_nothing_else_while_it_tells_what_goes_on(
    made: Made, tmp_path: Path
) -> None:
    heaps.write(tmp_path, handmade.code(), spec=SPEC)
    git(tmp_path, "init", "--quiet", "--initial-branch=main", ".")
    commit(tmp_path)
    for version, one in made[1].items():
        release(tmp_path, version, one)
    command = [sys.executable, str(ROOT / "scripts/compare.py"), "tiny", "1.0.0", "1.1.0", "--rescore", "--json"]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    assert "scoring both on the rows held out today ..." in done.stderr, done.stderr
    found = json.loads(done.stdout)
    assert schemas.problems(Document("compare", found, {(): (1, "")}), "compare") == []
    figures = {one["name"]: one for one in found["metrics"]}
    accuracy = figures["accuracy"]
    assert accuracy["low"] < accuracy["change"] == accuracy["new"]["value"] - 1 < accuracy["high"] < 0
    assert figures["latency_ms"]["low"] is not None and figures["size_mb"]["low"] is None
    scored = found["rescored"] | {"task": "classification"}
    assert compare.ground(found["compared_on"], scored) == (
        f"both were scored now, on {scored['rows']} rows held out today that neither was trained on"
    )


def release(root: Path, version: str, made: dict) -> None:
    """Put the tag of a release on the last commit, and its artifact where releases lie."""
    artifact, head = made["artifact"], git(root, "rev-parse", "HEAD").strip()
    told = Release(
        "tiny", version, head, "0" * 64, artifact["sha256"], artifact["size"], "pass", {"accuracy": 1}, "onnx"
    )
    git(root, "tag", "--annotate", "--message", ledger.tag_message(told, told.tag, "One."), told.tag)
    folder = root / "releases" / told.tag
    folder.mkdir(parents=True)
    (folder / versions.asset("tiny", version)).write_bytes(Path(made["tar"]).read_bytes())
