"""What a build shows of the processes it started."""

import ctypes
import sys
from pathlib import Path

import pytest

from registry.workers.processes import Workers


def test_the_last_word_is_a_whole_line_and_never_the_rest_of_what_tensorflow_says(tmp_path: Path) -> None:
    with Workers("models/digits", tmp_path) as workers:
        assert workers.last_word("train") == ""
        workers.log("train").write_text("Epoch 1/5\n")
        assert workers.last_word("train") == "Epoch 1/5"
        with workers.log("train").open("a") as log:
            log.write(f"I0000 00:00:1 gpu.cc:1] {'no GPU can be used. ' * 50}\n")
        assert workers.last_word("train") == ""


def test_what_a_build_that_was_killed_left_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "tmp/in/judge").mkdir(parents=True)
    with Workers("models/digits", tmp_path) as workers:
        assert [*workers.scratch.iterdir()] == []


@pytest.mark.skipif(sys.platform != "linux", reason="no process can adopt others' there")
def test_orphans_are_adopted_as_long_as_there_are_workers_and_no_longer(tmp_path: Path) -> None:
    with Workers("models/digits", tmp_path):
        assert adopts() == 1
    assert adopts() == 0


def adopts() -> int:
    """Return what prctl(2) says to PR_GET_CHILD_SUBREAPER."""
    found = ctypes.c_int()
    ctypes.CDLL(None).prctl(37, ctypes.byref(found), 0, 0, 0)
    return found.value
