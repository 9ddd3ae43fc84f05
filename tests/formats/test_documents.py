"""Every broken document in tests/invalid is refused with exactly the lines in tests/invalid/said.txt."""

import json
import os
import shutil
from pathlib import Path

import pytest
from forks import verb
from registries import TEMPLATE, candidate, git, template
from servers import ROOT

from registry import console
from registry.checks import consistency
from registry.environments import manifests
from registry.errors import RegistryError
from registry.formats import documents
from registry.releases import ledger
from registry.specs import models

INVALID = ROOT / "tests/invalid"
SAID = (INVALID / "said.txt").read_text("utf-8").splitlines()
PLACES = {"model": "models/{}/model.yaml", "environment": "environments/{}.yaml", "pin": "environments/pins/{}.yaml"}
DOCUMENTS = sorted(path.relative_to(INVALID).as_posix().removesuffix(".yaml") for path in INVALID.glob("*/*.yaml"))
DIGEST = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"
A_DIRECTORY = "can't be read: is a directory; mend that and run the same command again"
FETCH = "publish it first, or fetch its tag: `git fetch --tags`"
PIN = f"version: 1.0.0\nsha256: {DIGEST}\n"


def environment(takes_from: str = "releases", path: str = "deployments/one") -> str:
    return f"description: d\ntakes_from: {takes_from}\ntarget:\n  type: directory\n  path: {path}\n"


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
        shutil.copy(TEMPLATE / "models/digits/model.py", folder)
    git(root, "init", "--quiet", ".")
    return root


def write(root: Path, file: str, text: str) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(text, "utf-8")


def replace(root: Path, file: str, old: str, new: str) -> None:
    text = (root / file).read_text("utf-8")
    assert old in text
    (root / file).write_text(text.replace(old, new), "utf-8")


def said(root: Path) -> list[str]:
    """Return the problems that `validate` tells, sorted, each once."""
    with pytest.raises(RegistryError) as error:
        consistency.validate(root, [])
    return [str(problem) for problem in sorted(set(error.value.problems))]


@pytest.fixture(scope="module")
def all_said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return said(broken(tmp_path_factory.mktemp("broken")))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return template(tmp_path)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_broken_document_is_refused_in_one_clear_line_a_fault(all_said: list[str], document: str) -> None:
    expected = [line for line in SAID if line.startswith(f"{place(document)}:")]
    assert expected
    assert [line for line in all_said if line.startswith(f"{place(document)}:")] == expected


def test_all_problems_are_told_at_once_sorted_and_counted(all_said: list[str], tmp_path: Path, capsys) -> None:
    assert all_said == SAID[:-1]
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


def test_a_very_large_document_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_text("#" * 300_000)
    with pytest.raises(
        RegistryError, match="large.yaml: is larger than 262,144 bytes, the most that a document may have"
    ):
        documents.load(tmp_path, "large.yaml", "model")


@pytest.mark.parametrize("files, expected", [
    (
        {"environments/staging.yaml": environment("prod")},
        ["environments/staging.yaml:2: takes_from: prod is no environment; known: production, releases"],
    ),
    (
        {"environments/staging.yaml": environment("Releases")},
        ["environments/staging.yaml:2: takes_from: Releases is no environment; did you mean releases?"],
    ),
    (
        {"environments/staging.yaml": environment("staging")},
        ["environments/staging.yaml:2: takes_from: takes from itself: staging ← staging;"
         " let one of them take from releases"],
    ),
    (
        {"environments/staging.yaml": environment("production")},
        [
            "environments/production.yaml:3: takes_from: takes from itself: production ← staging ← production;"
            " let one of them take from releases",
            "environments/staging.yaml:2: takes_from: takes from itself: staging ← production ← staging;"
            " let one of them take from releases",
        ],
    ),
    (
        {"environments/a.yaml": environment(path="one"), "environments/b.yaml": environment(path="two/../one")},
        ["environments/b.yaml:5: target.path: is the target of a too; give each its own"],
    ),
    (
        {"environments/a.yaml": environment(path="one/two"), "environments/b.yaml": environment(path="one")},
        ["environments/a.yaml:5: target.path: lies inside the target of b; give each its own"],
    ),
    (
        {"environments/staging.yaml": "- staging\n", "environments/staging/digits.yaml": "version: 1.0.0\n"},
        [
            "environments/staging.yaml:1: is not a mapping; write `field: value` lines",
            "environments/staging/digits.yaml:1: sha256: is missing;"
            " write 64 lower-case hexadecimal digits, as sha256sum prints them",
        ],
    ),
    (
        {"environments/staging/digts.yaml": PIN, "environments/staging/spam.yaml": ""},
        [
            "environments/staging/digts.yaml:1: pins a model nobody knows; did you mean digits?",
            "environments/staging/spam.yaml: is empty; write the document's fields",
        ],
    ),
    (
        {"environments/staging/digits.yaml": PIN},
        [f"environments/staging/digits.yaml:1: version: digits has no release 1.0.0; {FETCH}"],
    ),
    (
        {"environments/releases.yaml": environment()},
        ["environments/releases.yaml: is a name that means every released version; choose another"],
    ),
    (
        {"environments/On Call.yaml": environment()},
        ["environments/On Call.yaml: is no name for an environment;"
         " use lower-case letters, digits, - and _, a letter first"],
    ),
    ({"environments/qa.yml": environment()}, ["environments/qa.yml: is not read; rename it to qa.yaml"]),
    (
        {"environments/qa/digits.yaml": PIN},
        [
            "environments/qa: holds pins of an environment that does not exist; write environments/qa.yaml, or take them"
            " away: `git rm -r environments/qa`"
        ],
    ),
    ({"environments/qa.yaml/notes": ""}, [f"environments/qa.yaml: {A_DIRECTORY}"]),
    (
        {"environments/staging": "version: 1.0.0\n"},
        ["environments/staging: is no folder; put <model>.yaml files into a folder of this name"],
    ),
    (
        {f"environments/staging/{name}": "" for name in ("README.md", "digits.yml", "Digits.yaml")},
        [
            "environments/staging/Digits.yaml: is no pin; only <model>.yaml files belong here",
            "environments/staging/README.md: is no pin; only <model>.yaml files belong here",
            "environments/staging/digits.yml: is no pin; only <model>.yaml files belong here",
        ],
    ),
    (
        {"environments/staging/digits.yaml/notes": ""},
        [f"environments/staging/digits.yaml: {A_DIRECTORY}"],
    ),
    (
        {"models/spam.yaml": "", "models/ham.yml": "", "models/eggs.py": ""},
        [
            "models/eggs.py: is not read, since a model is a folder; move it to models/eggs/model.py",
            "models/ham.yml: is not read, since a model is a folder; move it to models/ham/model.yaml",
            "models/spam.yaml: is not read, since a model is a folder; move it to models/spam/model.yaml",
        ],
    ),
    ({"models/spam/notes.md": ""}, ["models/spam: has no model.yaml; write one, or take the folder away"]),
    ({"models/spam/model.yml": ""}, ["models/spam: has no model.yaml; rename model.yml to model.yaml"]),
    ({"models/spam/Model.yaml": ""}, ["models/spam: has no model.yaml; rename Model.yaml to model.yaml"]),
    ({"models/spam/model.yaml/notes": ""}, [f"models/spam/model.yaml: {A_DIRECTORY}"]),
    (
        {"models/Spam filter/model.yaml": ""},
        ["models/Spam filter: is no name for a model; use lower-case letters, digits, - and _, a letter first"],
    ),
])  # fmt: skip
def test_what_one_document_alone_does_not_show_is_refused(
    root: Path, files: dict[str, str], expected: list[str]
) -> None:
    for file, text in files.items():
        write(root, file, text)
    assert said(root) == expected


def test_a_pin_with_another_digest_than_its_release_is_refused(root: Path) -> None:
    candidate(root)
    verb(root, "publish", "digits")
    (release,) = ledger.load_all(root)["digits"]
    write(root, "environments/staging/digits.yaml", PIN)
    write(root, "environments/production/digits.yaml", f"version: 1.0.1\nsha256: {release.sha256}\n")
    assert said(root) == [
        f"environments/production/digits.yaml:1: version: digits has no release 1.0.1; {FETCH}",
        "environments/staging/digits.yaml:2: sha256: is not the digest of digits@v1.0.0,"
        f" which is {release.sha256}; write that, or promote again",
    ]


@pytest.mark.parametrize("file, expected", [
    ("models/digits/model.yaml", "models/digits/model.yaml: is a link; put the document itself there"),
    ("models/digits/model.py", "models/digits/model.py: is a link; put the file itself there"),
    ("models/digits", "models/digits: is a link; put the folder itself there"),
    ("environments/production.yaml", "environments/production.yaml: is a link; put the document itself there"),
])  # fmt: skip
def test_a_link_in_the_place_of_a_file_is_refused(root: Path, file: str, expected: str) -> None:
    (root / file).rename(root / "elsewhere")
    (root / file).symlink_to(root / "elsewhere")
    assert said(root) == [expected]


def test_a_pipe_in_the_place_of_a_pin_is_refused_without_waiting(root: Path) -> None:
    (root / "environments/staging").mkdir()
    os.mkfifo(root / "environments/staging/digits.yaml")
    assert said(root) == ["environments/staging/digits.yaml: is no regular file; put the document itself there"]


def test_an_environment_with_a_broken_pin_is_not_used(root: Path) -> None:
    write(root, "environments/staging/digits.yaml", "version: 1.0.0\n")
    assert list(manifests.load_all(root)[0]) == ["production"]
    with pytest.raises(RegistryError):
        manifests.find(root, "staging")


@pytest.mark.parametrize("old, new, expected", [
    ("def train(", "def fit(",
     "model.py: train: is not defined at the top level; write `def train(features, labels, *, seed):`"),
    ("def load(path)", "def load()", "model.py:8: load: must take path; write `def load(path):`"),
    ("def load(path)", "def load(path, rows)", "model.py:8: load: must take path; write `def load(path):`"),
    ("batch_size: int, learning_rate", "learning_rate",
     "model.yaml:16: training.batch_size: is no argument of train() in model.py, which accepts epochs, learning_rate,"
     " seed; leave it out, or let train() take it"),
    ("learning_rate: float):", "learning_rate: float, momentum: float):",
     "model.yaml:13: training.momentum: is missing, and train() in model.py has no default for it;"
     " it accepts batch_size, epochs, learning_rate, momentum, seed"),
    ("epochs: int", "epoch: int",
     "model.yaml:15: training.epochs: is no argument of train() in model.py, which accepts batch_size, epoch,"
     " learning_rate, seed; did you mean epoch?"),
    ("def load(path):", "def load(path:",
     "model.py:8: is not Python: '(' was never closed; run it through `python` and mend what that says"),
    ("def load", "\0def load",
     "model.py: is not Python: source code string cannot contain null bytes;"
     " run it through `python` and mend what that says"),
])  # fmt: skip
def test_code_that_does_not_fit_its_spec_is_refused(root: Path, old: str, new: str, expected: str) -> None:
    replace(root, "models/digits/model.py", old, new)
    assert said(root) == [f"models/digits/{expected}"]


@pytest.mark.filterwarnings("error")
def test_code_that_python_warns_of_is_none_of_our_business(root: Path) -> None:
    replace(root, "models/digits/model.py", "import keras", 'import keras\n\nDIGIT = "\\d"')
    consistency.validate(root, [])


def test_a_train_that_takes_anything_still_gets_features_and_labels_from_load_only(root: Path) -> None:
    replace(root, "models/digits/model.py", "batch_size: int, learning_rate: float):", "**more):")
    replace(root, "models/digits/model.yaml", "batch_size: 32", "labels: 32")
    assert said(root) == [
        "models/digits/model.yaml:16: training.labels: is what train() gets from load(); leave it out"
    ]


def test_code_that_is_missing_or_no_text_is_refused_beside_the_faults_of_its_spec(root: Path) -> None:
    replace(root, "models/digits/model.yaml", "[vision]", "[]")
    (root / "models/digits/model.py").write_bytes(b"# \xe9\n")
    owners = 'models/digits/model.yaml:4: owners: is empty; write a list of teams or people, for example ["vision"]'
    assert said(root) == ["models/digits/model.py:1: is not UTF-8; save it as UTF-8", owners]
    (root / "models/digits/model.py").unlink()
    missing = "models/digits/model.py: is missing; write load(path) and train(features, labels, *, seed)"
    assert said(root) == [missing, owners]


def test_a_repository_without_models_and_environments_says_so(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", ".")
    assert (models.load(tmp_path, []), [str(one) for one in models.advice(tmp_path)]) == (
        [], ["models: holds no model; start one with `tox run -e new -- NAME`"])  # fmt: skip
    assert [str(problem) for problem in manifests.load_all(tmp_path)[1]] == [
        "environments: holds no environment; write one, such as environments/staging.yaml"
    ]
