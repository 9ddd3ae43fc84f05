"""What is committed as if it had been judged is refused: wherever that is checked out, it would be published."""

from pathlib import Path

import pytest
from forks import verb
from registries import candidate, git

from registry.judging import candidates

REASON = "is a part of this repository, and its files would be published as if they had been judged"


@pytest.mark.parametrize("name", [candidates.FOLDER, "Candidates"])
def test_candidates_that_git_knows_are_refused(root: Path, name: str) -> None:
    candidate(root)
    if not (root / name).exists():
        (root / candidates.FOLDER).rename(root / name)
    assert verb(root, "validate").startswith("1 model")
    git(root, "add", "--force", name)
    advice = f"run `git rm -r --cached {name}`, and commit that"
    assert verb(root, "validate", code=1) == f"{name}: {REASON}; {advice}\n1 problem\n"
