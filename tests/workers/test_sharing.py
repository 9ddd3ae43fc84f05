"""Work that copies of a process share is done once, whatever becomes of the copies."""

import os
import signal
from pathlib import Path

import pytest

from registry.errors import RegistryError, refuse
from registry.workers import sharing


def done(folder: Path) -> dict[str, bool]:
    """Return the shares that were done, and of each whether this process did it last."""
    return {path.name: path.read_text() == str(os.getpid()) for path in sorted(folder.iterdir())}


def test_each_share_is_done_by_a_process_of_its_own_and_the_first_here(tmp_path: Path) -> None:
    assert sharing.side_by_side(lambda number: (tmp_path / str(number)).write_text(str(os.getpid())), 3) > 0
    assert done(tmp_path) == {"0": True, "1": False, "2": False}


def test_what_a_killed_process_did_not_do_is_done_here(tmp_path: Path) -> None:
    def do(number: int) -> None:
        (tmp_path / str(number)).write_text(str(os.getpid()))
        if number and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)

    here = os.getpid()
    sharing.side_by_side(do, 2)
    assert done(tmp_path) == {"0": True, "1": True}


def test_what_is_wrong_with_the_share_of_another_is_told_here(capfd: pytest.CaptureFixture) -> None:
    def do(number: int) -> None:
        if number:
            raise refuse("digits", "is wrong; mend it")

    with pytest.raises(RegistryError, match="digits: is wrong; mend it"):
        sharing.side_by_side(do, 2)
    assert capfd.readouterr() == ("", "")


def test_nobody_works_on_when_the_share_here_can_not_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def do(number: int) -> None:
        if number:
            signal.pause()
        raise OSError(28, "No space left on device")

    forked, others = sharing._forked, []
    monkeypatch.setattr(sharing, "_forked", lambda do: others.append(forked(do)) or others[-1])
    with pytest.raises(OSError, match="No space left"):
        sharing.side_by_side(do, 3)
    assert len(others) == 2
    for process in others:
        with pytest.raises(ChildProcessError):
            os.waitpid(process, os.WNOHANG)
