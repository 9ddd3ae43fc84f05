"""What is released stays released: a model whose folder was renamed or removed, and a repository without models."""

import shutil
from pathlib import Path

import pytest
from forks import verb
from registries import candidate, commit, git, template

EMPTY = "models: holds no model; start one with `tox run -e new -- NAME`\n"
PIN = "environments/staging/digits.yaml"


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = template(tmp_path_factory.mktemp("start"))
    for version in "1.0.0", "1.1.0":
        spec = root / "models/digits/model.yaml"
        spec.write_text(spec.read_text("utf-8").replace("version: 1.0.0", f"version: {version}"), "utf-8")
        commit(root)
        candidate(root)
        verb(root, "publish", "digits")
        verb(root, "promote", "digits", "staging")
        commit(root)
    return root


@pytest.mark.parametrize("renamed", [True, False], ids=["renamed", "removed"])
def test_a_model_whose_folder_went_is_shown_rolled_back_promoted_and_withdrawn(root: Path, renamed: bool) -> None:
    (root / "models/digits").rename(root / "models/numerals") if renamed else shutil.rmtree(root / "models/digits")
    commit(root)
    said = verb(root, "status")
    assert ("digits    1.1.0" if renamed else "digits  1.1.0") in said and (EMPTY in said) is not renamed
    assert f"{'1 model' if renamed else '0 models'}, 2 environments, 1 pin: all valid\n" in verb(root, "validate")
    assert verb(root, "promote", "digits", "staging", "--version", "1.0.0").startswith(f"{PIN}: 1.1.0 → 1.0.0\n")
    assert verb(root, "promote", "digits", "production").startswith(
        "environments/production/digits.yaml: nothing → 1.0.0"
    )
    assert verb(root, "promote", "digits", "staging").startswith(f"{PIN}: 1.0.0 → 1.1.0\n")
    assert "is withdrawn; environments that run it" in verb(root, "withdraw", "digits", "1.1.0", "--reason", "old")
    assert "digits@v1.1.0 is withdrawn: old; pin another version" in verb(root, "validate")
    assert verb(root, "deploy", "staging").startswith("staging\n  + digits   1.1.0 (withdrawn)\n")


def test_a_word_that_was_never_a_models_name_is_told_from_one(root: Path) -> None:
    shutil.rmtree(root / "models/digits")
    assert verb(root, "promote", "digit", "staging", code=1) == (
        "models/digit: does not exist; did you mean digits?\n1 problem\n"
    )
    assert verb(root, "promote", "*", "staging", code=1) == "models/*: does not exist; known: digits\n1 problem\n"


@pytest.mark.parametrize("folder", ["absent", "empty"])
def test_a_repository_without_models_is_valid_and_has_nothing_to_do(tmp_path: Path, folder: str) -> None:
    root = template(tmp_path)
    shutil.rmtree(root / "models")
    (root / "models").mkdir() if folder == "empty" else None
    commit(root)
    assert verb(root, "validate") == (
        f"0 models, 2 environments, 0 pins: all valid\nnext: `tox run -e changed` lists what has no release yet\n{EMPTY}"
    )
    assert verb(root, "status") == f"{EMPTY}model  release  staging  production\n"
    assert verb(root, "changed") == f"{EMPTY}every model is released as it is; nothing to build\n"
    assert verb(root, "build", "digits", code=1) == "models/digits: does not exist; known: none\n1 problem\n"
    assert verb(root, "validate", "digits", code=1) == "models/digits: does not exist; known: none\n1 problem\n"
    git(root, "commit", "--quiet", "--allow-empty", "--message", "words")
    assert verb(root, "changed", "--base", "HEAD~1") == f"{EMPTY}code changed: no\n"
