"""What `new` says of the template's examples where a team has kept another of them than the demo's."""

from pathlib import Path

import new
from registries import git, template
from saying import say


def test_an_example_that_was_kept_in_place_of_digits_is_not_said_to_leave_that(tmp_path: Path) -> None:
    root = template(tmp_path / "root")
    git(root, "mv", "models/digits", "models/movies")
    said = say(root, new, "petals")
    assert "the template's examples are still here: `git rm -r models/movies` takes away all of them\n" in said
