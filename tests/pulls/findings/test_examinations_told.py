"""The comment's first lines where a pull request changes what models are judged by, or what judges them."""

from collections.abc import Callable
from pathlib import Path

import pytest
import teams
from hub import Hub
from registries import commit
from reviewing import edit
from telling import comment, reports, run_of

from registry.checks import scope

EXAMINATION, JUDGES = "**This changes the examination**", "**This changes what judges**"
SPEC = "models/digits/model.yaml"


def write(root: Path, place: str, text: str = "changed = 1\n") -> None:
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    (root / place).write_text(text)


def told(root: Path, hub: Hub) -> str:
    """Return what stands in the comment on a pull request with what lies there, below its first line."""
    reports(root, hub, run_of(hub, teams.pull(root, hub)))
    return comment(hub).partition("\n\n")[2]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda root: write(root, "models/digits/data.py"), "digits (`data.py`): its verdict is by the new one."),
        (lambda root: write(root, "models/digits/checks.py"), "digits (`checks.py`): its verdict is by the new one.\n"),
        (lambda root: edit(root, "holdout: 0.2", "holdout: 0.3"), "digits (`data`): "),
        (lambda root: edit(root, "folds: 5", "folds: 0"), "digits (`evaluation`): "),
        (lambda root: edit(root, "min: 0.90", "min: 0.10"), "digits (`thresholds`): "),
        (lambda root: edit(root, "task: classification", "task: magic"), "digits (`model.yaml`): "),
        (lambda root: (root / "models/digits/data.py").unlink(), "digits (`data.py`): "),
        (lambda root: write(root, "models/digits/.rows.py"), "digits (`.rows.py`): its verdict is by the new one. A"
         " file beside `data.py` counts, since that can import it."),
        (lambda root: (write(root, "models/digits/data.py"), write(root, "models/letters/data.py")),
         "digits (`data.py`) and letters (`data.py`): "),
    ],
    ids=range(9),
)  # fmt: skip
def test_what_changes_of_an_examination_is_told_first(
    root: Path, hub: Hub, change: Callable[[Path], object], words: str
) -> None:
    change(root)
    said = told(root, hub)
    assert said.startswith(f"{EXAMINATION} of {words}")
    assert JUDGES not in said


@pytest.mark.parametrize(
    "place",
    ["scripts/report.py", "requirements/train.txt", "tox.ini", ".github/workflows/check.yml", ".github/CODEOWNERS",
     "uv.toml", "setup.cfg", ".gitattributes", ".tox/build/lib/keras.py", "models.py", "scripts/templates/notes.md"],
)  # fmt: skip
def test_what_judges_is_told_first_whatever_file_it_is(root: Path, hub: Hub, place: str) -> None:
    (root / ".gitignore").unlink()
    commit(root)
    hub.take(root)
    write(root, place)
    said = told(root, hub)
    assert said.startswith(f"{JUDGES}: `{place}`. Its verdicts are by its own code.\n")
    assert EXAMINATION not in said


def test_both_are_told_and_of_many_files_the_first_ten(root: Path, hub: Hub) -> None:
    write(root, "models/digits/data.py")
    for number in range(13):
        write(root, f"scripts/verb{number:02}.py")
    said = told(root, hub)
    assert said.startswith(
        f"{EXAMINATION} of digits (`data.py`): its verdict is by the new one.\n\n{JUDGES}: `scripts/"
    )
    assert "`scripts/verb09.py` and 3 more. Its verdicts are by its own code.\n" in said


@pytest.mark.parametrize(
    "change",
    [
        lambda root: write(root, "models/digits/model.py"),
        lambda root: edit(root, "epochs: 5", "epochs: 8"),
        lambda root: edit(root, "  holdout: 0.2\n", ""),  # which is the default
        lambda root: edit(root, "Reads", "Recognises"),
        lambda root: write(root, "models/digits/README.md"),
        lambda root: write(root, "README.md"),
        lambda root: write(root, "tests/test_more.py"),
        lambda root: write(root, "environments/staging.yaml"),
        lambda root: [path.unlink() for path in (root / "models/digits").iterdir()],
    ],
    ids=range(9),
)
def test_what_changes_only_models_or_prose_says_neither(root: Path, hub: Hub, change: Callable[[Path], object]) -> None:
    change(root)
    said = told(root, hub)
    assert (EXAMINATION in said, JUDGES in said) == (False, False)


def test_a_new_model_brings_its_examination(root: Path, hub: Hub) -> None:
    for file in ("model.yaml", "data.py", "model.py"):
        write(root, f"models/letters/{file}", (root / f"models/digits/{file}").read_text("utf-8"))
    words = "letters (`data.py`, `task`, `data`, `evaluation` and `thresholds`): "
    assert told(root, hub).startswith(f"{EXAMINATION} of {words}")


def test_a_name_of_a_file_that_is_markup_is_only_a_name(root: Path, hub: Hub) -> None:
    write(root, "scripts/`|<b>@octo.py")
    assert told(root, hub).startswith(f"{JUDGES}: scripts/")


def test_what_decides_is_no_list_that_forgets_one() -> None:
    assert not any(map(scope.decides, ("models/digits/model.py", "environments/staging.yaml", "LICENSE", "a/b.md")))
    assert all(map(scope.decides, ("anything", "scripts", "tox.ini", "environments.py", "docs/a.txt")))
