"""Documents that are wrong only beside others, and what lies in their places: refused, each in a line that mends it."""

import os
from pathlib import Path

import pytest
from forks import verb
from mistakes import environment, said, write
from registries import candidate, git

from registry.environments import manifests
from registry.errors import RegistryError
from registry.releases import ledger
from registry.specs import models

DIGEST = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"
A_DIRECTORY = "can't be read: is a directory; mend that and run the same command again"
FETCH = "publish it first, or fetch its tag: `git fetch --tags`"
PIN = f"version: 1.0.0\nsha256: {DIGEST}\n"


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
        {"environments/a.yaml": environment(path="deployments/one"), "environments/b.yaml": environment(path="deployments/two/../one")},
        ["environments/b.yaml:5: target.path: is the target of a too; give each its own"],
    ),
    (
        {"environments/a.yaml": environment(path="deployments/one/two"), "environments/b.yaml": environment(path="deployments/one")},
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
        ["environments/qa: holds pins of an environment that does not exist; write environments/qa.yaml,"
         " or take them away: `git rm -r environments/qa`"],
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


def test_a_repository_without_models_and_environments_says_so(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", ".")
    assert (models.load(tmp_path, []), [str(one) for one in models.advice(tmp_path)]) == (
        [], ["models: holds no model; start one with `tox run -e new -- NAME`"])  # fmt: skip
    assert [str(problem) for problem in manifests.load_all(tmp_path)[1]] == [
        "environments: holds no environment; write one, such as environments/staging.yaml"
    ]
