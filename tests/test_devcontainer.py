"""The desk and the serving image as they are written: pinned, locked, without root; schemas for the editor."""

import json
import re
from fnmatch import fnmatch
from pathlib import PurePosixPath

import pytest
from registries import TEMPLATE
from servers import ROOT

from registry.formats import schemas

FOLDER = ROOT / ".devcontainer"
DOCKERFILE = (FOLDER / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
STAGES = {name: text for text in re.split(r"^(?=FROM )", DOCKERFILE, flags=re.MULTILINE)[1:]
          for name in re.findall(r"^FROM .* AS (\w+)$", text, re.MULTILINE)}  # fmt: skip
DESK = json.loads((FOLDER / "devcontainer.json").read_text("utf-8"))
EDITOR = DESK["customizations"]["vscode"]["settings"]


def test_all_stages_begin_with_one_base_that_is_pinned_by_digest() -> None:
    bases = {name: re.match(r"FROM (\S+)", text)[1] for name, text in STAGES.items()}
    assert re.fullmatch(r"python:3\.11-slim-\w+@sha256:[0-9a-f]{64}", bases.pop("base"))
    assert {*bases.values()} == {"base"}


def test_packages_come_from_locked_requirements_by_their_hashes() -> None:
    installs = re.findall(r"pip install [^&\n]*", DOCKERFILE)
    assert len(installs) == 3
    for words in map(str.split, installs):
        files = [
            PurePosixPath(word).name
            for option, word in zip(words, words[1:], strict=False)
            if option == "--requirement"
        ]
        assert words[2] == "--require-hashes" and len(words) == 3 + 2 * len(files)
        assert all("--hash=sha256:" in (ROOT / "requirements" / file).read_text("utf-8") for file in files)


@pytest.mark.parametrize("target", ["serving", "desk"])
def test_what_is_opened_or_served_is_no_root_and_holds_no_secret(target: str) -> None:
    assert re.search(r"^USER (models|desk)\s*$", STAGES[target], re.MULTILINE)
    assert STAGES[target].rstrip().rpartition("USER ")[2].split()[0] in ("models", "desk")
    assert "privileged" not in DOCKERFILE + json.dumps(DESK) and not re.search(r"^ARG ", DOCKERFILE, re.MULTILINE)


def test_the_desk_is_that_stage_and_its_editor_knows_the_schema_of_each_document() -> None:
    assert (DESK["build"], DESK["remoteUser"]) == (
        {"dockerfile": "Dockerfile", "context": "..", "target": "desk"}, "desk",
    )  # fmt: skip
    known = {path.removeprefix("scripts/schemas/"): pattern for path, pattern in EDITOR["yaml.schemas"].items()}
    assert {schemas.FOLDER / name for name in known} <= {*schemas.FOLDER.glob("*.json")}
    documents = {
        "environments/staging/digits.yaml": "pin.json", ".github/runners.yaml": "runners.json",
        "environments/staging.yaml": "environment.json", "models/digits/model.yaml": "model.json",
    }  # fmt: skip
    for document, schema in documents.items():
        same = [
            name for name, glob in known.items() if fnmatch(document, glob) and document.count("/") == glob.count("/")
        ]
        assert same == [schema]
    assert {path.relative_to(TEMPLATE).as_posix() for path in TEMPLATE.rglob("*.yaml")} - {*documents} == {
        "environments/production.yaml"
    }
