"""The verb: it writes a folder of its own in one step, leaves others alone, and tells programs the same as people."""

import csv
import json
import shutil
from pathlib import Path

import eventful
import forks
import pasts
import pytest
import saying
from registries import git

from registry.formats import schemas
from registry.formats.reader import Document
from registry.webpages import binding


@pytest.fixture(scope="module")
def written(past: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with its catalogue."""
    root = Path(shutil.copytree(past, tmp_path_factory.mktemp("written") / "root"))
    said = forks.verb(root, "catalogue")
    assert said.endswith(f"{root}/catalogue: 28 files of 6 models\nnext: open {root}/catalogue/index.html\n"), said
    return root


def test_it_is_ignored_by_git_and_written_anew_in_one_step(written: Path) -> None:
    shutil.copy(forks.ROOT / ".gitignore", written)
    (written / "catalogue/models/gone.html").write_text("of a model that went")
    forks.verb(written, "catalogue")
    assert not (written / "catalogue/models/gone.html").exists()
    assert git(written, "status", "--porcelain", "--", "catalogue", ".catalogue.lock", ".catalogue.new") == ""
    assert not (written / ".catalogue.new").exists()


def test_drawn_by_several_processes_it_is_the_same(contents: binding.Maker, pages: Path, tmp_path: Path) -> None:
    place = tmp_path / "catalogue"
    assert binding.write(place, contents, 3) == sum(map(Path.is_file, pages.rglob("[!.]*")))
    assert saying.tree(place) == {str(place / Path(path).relative_to(pages)): raw for path, raw in saying.tree(pages).items()}


def test_what_is_no_catalogue_is_left_alone(written: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/mine.txt").write_text("mine")
    said = forks.verb(written, "catalogue", "--output", str(tmp_path / "notes"), code=1)
    assert f"{tmp_path}/notes: holds something else than a catalogue, which would be lost; name another folder" in said
    assert [path.name for path in tmp_path.rglob("*")] == ["notes", "mine.txt"]
    (tmp_path / "notes/mine.txt").unlink()
    forks.verb(written, "catalogue", "--output", str(tmp_path / "notes"))
    assert (tmp_path / "notes/index.html").is_file()


def test_programs_get_a_document_by_its_schema(written: Path) -> None:
    found = json.loads((written / "catalogue/catalogue.json").read_text())
    assert schemas.problems(Document("catalogue.json", found, {}), "catalogue") == []
    digits = next(one for one in found["models"] if one["name"] == "digits")
    assert [one["version"] for one in digits["versions"]] == ["2.0.0", "1.2.1", "1.2.0", "1.1.0", "1.0.0"]
    assert [one["state"] for one in digits["versions"]] == ["newest", "older", "older", "withdrawn", "older"]
    assert {one["kind"] for one in found["attention"]} == {"withdrawn", "behind", "no release"}
    history = json.loads(forks.verb(written, "history", "--json"))
    assert found["events"] == history["events"][::-1], "the same events as history tells"


def test_events_are_a_table_in_which_no_cell_is_a_formula(tmp_path: Path) -> None:
    past = pasts.Past()
    evil = '=cmd|"/c calc"!A1, and\n"quotes"'
    past.commit(pasts.environments() | {"models/digits/model.yaml": eventful.spec_of("digits", "1.0.0")}, "begin")
    past.release("digits", "1.0.0", 1)
    past.commit(pasts.pin("staging", "digits", "1.0.0"), evil, person='"@SUM(1,1)" <+1@example.org>')
    past.write(tmp_path / "root")
    forks.verb(tmp_path / "root", "catalogue")
    raw = (tmp_path / "root/catalogue/events.csv").read_bytes()
    assert raw.count(b"\r\n") == 3 and raw.endswith(b"\r\n"), "RFC 4180 ends each record so"
    rows = list(csv.DictReader(raw.decode().splitlines()))
    assert [row["kind"] for row in rows] == ["pinned", "released"]
    assert rows[0]["subject"] == '\'=cmd|"/c calc"!A1, and "quotes"'
    assert rows[0]["email"] == "'+1@example.org"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_it_tells_how_things_stood_at_a_moment(written: Path, tmp_path: Path) -> None:
    forks.verb(written, "catalogue", "--at", "2025-02-12", "--output", str(tmp_path / "then"))
    found = json.loads((tmp_path / "then/catalogue.json").read_text())
    digits = next(one for one in found["models"] if one["name"] == "digits")
    stands = {one["environment"]: one["version"] for one in digits["stays"] if one["until"] is None}
    assert stands == {"staging": "2.0.0", "canary": "1.2.0", "production": "1.0.0"}
    page = (tmp_path / "then/index.html").read_text()
    assert "As main was at" in page and f"--at 2025-02-12 --output {tmp_path}/then" in page
    assert "not known of a moment that has been" in page


def test_a_repository_in_which_nothing_happened_has_a_catalogue_too(tmp_path: Path) -> None:
    past = pasts.Past()
    past.commit(pasts.environments(), "begin")
    past.write(tmp_path / "root")
    forks.verb(tmp_path / "root", "catalogue")
    page = (tmp_path / "root/catalogue/index.html").read_text()
    assert "There is no model yet" in page and "Nothing happened yet" in page and "Nothing, as far as is known." in page
