"""What is told of a fault on somebody's machine has no path of it, and so no user's name."""

import os
import tempfile

import pytest

from registry.judging import reporting

TOLD = {
    f"[Errno 2] No such file or directory: '{tempfile.gettempdir()}/tmpx7/digits-1.0.0.tar'":
        "[Errno 2] No such file or directory: 'digits-1.0.0.tar'",
    f"{os.path.expanduser('~')}/models/digits.tar: damaged": "digits.tar: damaged",
    f"{os.path.expanduser('~')}: permission denied": ": permission denied",
    "/home/jane/registry/scripts/worker.py:12 (/srv/x/y) failed": "worker.py:12 (y) failed",
    "could not read https://github.com/octo/models/releases": "could not read https://github.com/octo/models/releases",
    "3 of 4 and/or n/a at models/digits": "3 of 4 and/or n/a at models/digits",
}  # fmt: skip


@pytest.mark.parametrize("text", TOLD, ids=range(len(TOLD)))
def test_a_path_is_told_by_its_last_part(text: str) -> None:
    assert reporting.no_places(text) == TOLD[text]
