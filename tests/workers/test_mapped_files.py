"""What a process has mapped of files is no memory that it takes: the machine takes it back as soon as it is needed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from registry.workers import quota

SIZE = 200_000_000
WORK = """
import mmap, sys
with open(sys.argv[1]) as file:
    held = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
sum(held[::4096])
print(flush=True)
sys.stdin.read()
"""


class Watched(subprocess.Popen):
    """A process whose work ends when somebody has looked at it for the third time."""

    looks = 0

    def wait(self, timeout: float | None = None) -> int:
        self.looks += 1
        if self.looks == 3:
            self.stdin.close()
        return super().wait(timeout)


def test_a_process_may_map_more_than_it_may_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "PERIOD", 0.01)
    monkeypatch.setattr(quota, "SHARE", SIZE / 2 / quota.all_memory())
    with (tmp_path / "rows").open("wb") as file:
        file.truncate(SIZE)
    command, pipe = [sys.executable, "-c", WORK, str(tmp_path / "rows")], subprocess.PIPE
    with Watched(command, process_group=0, stdin=pipe, stdout=pipe) as process:
        try:
            assert process.stdout.readline() == b"\n"
            status = Path(f"/proc/{process.pid}/status").read_text()
            assert int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024 > SIZE
            assert quota.overrun(process, 1) is None
        finally:
            quota.end(process)
    assert process.looks > 3
