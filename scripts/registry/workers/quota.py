"""What a process of a build may take of the machine, so that it is told when it takes more than there is.

The kernel ends what needs too much memory without a word, and GitHub a job that takes more than six hours.
"""

import math
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

BEGUN = time.monotonic()
HOURS = 5.75  # of a job of a workflow, from then on: its other steps have the rest of the six
CHECKS = 1 / 6  # hours for all checks of a model together
SHARE = 0.95  # of the memory of this machine, or of the container
PERIOD = 1.0  # seconds between two looks
CONTAINER = Path("/sys/fs/cgroup/memory.max")
GB = 1e9


def left() -> float:
    """Return how many hours this process has left, all that it does together: in a job of a workflow alone do they end."""
    return HOURS - (time.monotonic() - BEGUN) / 3600 if os.environ.get("GITHUB_ACTIONS") == "true" else math.inf


def overrun(process: subprocess.Popen, hours: float | None = None) -> str | None:
    """Wait for the end of a process that leads its group; return what its group took too much of, or None.

    It may take as many hours as there are left, unless fewer are given. Memory is looked at where there is a /proc.
    """
    given = left() if hours is None else min(left(), hours)
    last = time.monotonic() + 3600 * given
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(PERIOD)
            return None
        if time.monotonic() > last:
            over = f"was not done when the {HOURS:g} hours of this job were over"
            return f"took more than {_hours(hours)}" if given == hours else over
        most = SHARE * all_memory()
        if _memory(process.pid, _resident) > most and (taken := _memory(process.pid, _share)) > most:
            return f"took {taken / GB:.1f} GB of memory, and {most / GB:.1f} GB is the most that it may take here"


def _hours(hours: float) -> str:
    return f"{hours:g} hours" if hours >= 1 else f"{hours * 60:g} minutes"


def show(process: subprocess.Popen) -> None:
    """End a process that took too much so that Python prints first where it is, as it does when it is aborted."""
    with suppress(subprocess.TimeoutExpired):
        process.send_signal(signal.SIGABRT)
        process.wait(PERIOD)


def end(process: subprocess.Popen) -> None:
    """End a process that leads its group, and all in it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _memory(group: int, taken: Callable[[Path], int]) -> int:
    """Return how many bytes of memory the processes of a group take; 0 where there is no /proc."""
    return sum(_of_group(one, group, taken) for one in Path("/proc").glob("[0-9]*"))


def _of_group(process: Path, group: int, taken: Callable[[Path], int]) -> int:
    try:
        fields = (process / "stat").read_text("utf-8", "replace").rpartition(") ")[2].split()
        return taken(process) if int(fields[2]) == group else 0
    except (OSError, IndexError):  # it has ended
        return 0


def _resident(process: Path) -> int:
    """Return what is known at once: what processes share is counted for each."""
    return _told(process / "status", "RssAnon:", "RssShmem:")


def _share(process: Path) -> int:
    """Return a process's own part of what it shares: right, and slow to tell for much memory."""
    return _told(process / "smaps_rollup", "Pss_Anon:", "Pss_Shmem:")


def _told(file: Path, *names: str) -> int:
    """Return how many bytes a file of a process tells of by these names: of none that hold what lies in files, too.

    These the kernel takes back as soon as somebody needs the memory.
    """
    return sum(int(line.split()[1]) * 1024 for line in file.read_text().splitlines() if line.startswith(names))


def all_memory() -> int:
    """Return how many bytes of memory this machine, or this container, has."""
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    told = CONTAINER.read_text().strip() if CONTAINER.is_file() else "max"
    return min(there, int(told)) if told.isdecimal() else there
