"""What `changed` lists: what Git can tell without reading a document, and what it can't."""

from pathlib import Path

import pytest
from forks import verb
from registries import candidate, commit, template

NOTHING = "every model is released as it is; nothing to build\n"
NEXT = "next: `tox run -e build -- digits`\n"


@pytest.fixture
def released(tmp_path: Path) -> Path:
    root = template(tmp_path)
    candidate(root)
    verb(root, "publish", "digits")
    return root


def edit(root: Path, old: str, new: str) -> None:
    spec = root / "models/digits/model.yaml"
    assert old in spec.read_text("utf-8")
    spec.write_text(spec.read_text("utf-8").replace(old, new), "utf-8")


def test_a_model_without_a_release_is_listed(tmp_path: Path) -> None:
    assert verb(template(tmp_path), "changed") == f"digits 1.0.0: has no release yet\n{NEXT}"


def test_a_released_model_is_not_listed(released: Path) -> None:
    assert verb(released, "changed") == NOTHING


@pytest.mark.parametrize("committed", [True, False])
def test_a_changed_field_is_named_whether_committed_or_not(released: Path, committed: bool) -> None:
    edit(released, "epochs: 5", "epochs: 6")
    if committed:
        commit(released)
    assert verb(released, "changed") == f"digits 1.0.0: training.epochs changed since digits@v1.0.0\n{NEXT}"


def test_a_new_code_file_is_named_before_git_knows_it(released: Path) -> None:
    (released / "models/digits/helper.py").write_text("")
    assert verb(released, "changed") == f"digits 1.0.0: helper.py changed since digits@v1.0.0\n{NEXT}"


def test_a_change_that_does_not_decide_the_trained_bytes_is_not_listed(released: Path) -> None:
    edit(released, "Reads handwritten digits", "Recognises handwritten digits")
    (released / "models/digits/README.md").write_text("prose")
    assert verb(released, "changed") == NOTHING
    commit(released)
    assert verb(released, "changed") == NOTHING


def test_a_change_that_was_taken_back_is_not_listed(released: Path) -> None:
    edit(released, "epochs: 5", "epochs: 6")
    commit(released)
    edit(released, "epochs: 6", "epochs: 5")
    commit(released)
    assert verb(released, "changed") == NOTHING


def test_code_that_no_release_was_made_of_is_looked_into(released: Path) -> None:
    code = released / "models/digits/model.py"
    code.write_text(code.read_text("utf-8").replace("learning_rate:", "rate:"), "utf-8")
    said = verb(released, "validate", code=1)
    assert "models/digits/model.yaml:17: training.learning_rate: is no argument of train() in model.py" in said
