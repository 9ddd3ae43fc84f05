"""Runs of a verb that are stopped by SIGKILL before one of their steps on the file system.

Each run is a fork of the test's process, with everything imported already, so that a hundred of them take seconds.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from registries import IDENTITY

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
STEPS = {
    "os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate", "os.utime",
    "ctypes.dlsym", "subprocess.Popen",
}  # fmt: skip


def finished(root: Path, main: Callable[[], object], *words: str, steps: int | None = None) -> bool:
    """Run `main` as a process in a repository; say whether it ended by itself within so many steps, or was killed."""
    process = os.fork()
    if process == 0:
        _become(root, main, words, steps)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if steps is not None and status == -signal.SIGKILL:
        return False
    assert status == 0, said(root)
    return True


def said(root: Path) -> str:
    """Return what the last run printed."""
    return _log(root).read_text()


def _log(root: Path) -> Path:
    return root.with_name(f"{root.name}.log")


def _become(root: Path, main: Callable[[], object], words: tuple[str, ...], steps: int | None) -> None:
    code: object = 70
    try:
        os.chdir(root)
        os.environ.update(IDENTITY)
        sys.argv = ["verb", *words]
        sys.stdout = sys.stderr = _log(root).open("w")
        if steps is not None:
            _kill_after(steps)
        main()
        code = 0
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        os._exit(code)


def _kill_after(steps: int) -> None:
    left = steps

    def count(event: str, arguments: tuple) -> None:
        nonlocal left
        if event in STEPS or (event == "open" and arguments[2] & WRITING):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
