"""A folder of releases that several people share: what one publishes is read by the others, whatever the umask."""

import os
from functools import partial
from pathlib import Path

import publish
import pytest
from registries import candidate
from saying import RELEASE, say


@pytest.mark.parametrize("umask", [0o000, 0o027, 0o077])
def test_what_is_released_is_read_by_everybody_and_written_by_one(root: Path, umask: int) -> None:
    candidate(root)
    say(root, publish, "digits", first=partial(os.umask, umask))
    folder = root / RELEASE
    assert len(list(folder.iterdir())) == 6
    assert {one.stat().st_mode & 0o777 for one in folder.iterdir()} == {0o644}
    assert [one.stat().st_mode & 0o777 for one in (folder, folder.parent)] == [0o755, 0o755]
