"""Worker processes of a build: started early, given a job each, killed together when one fails."""

import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock

from registry import console, files
from registry.errors import Problem, RegistryError, refuse
from registry.workers import keeping, quota, variables
from registry.workers.forking import Copy
from registry.workers.keeping import Keeper, Pool

RUNS = {"rows": "data.py", "train": "model.py", "checks": "checks.py"}
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
NOISE = re.compile(r"[IWEF]\d{4} |INFO: |WARNING: ")


class Workers:
    """The worker processes of one build, the folder for their logs and answers, and the Python of each kind.

    What is kept and runs no code of a model lies in a pool that may outlive them.
    """

    def __init__(
        self, place: str, logs: Path, pythons: Mapping[str, Path] | None = None, pool: Pool | None = None
    ) -> None:
        self.place = place
        self.logs = logs
        self._pythons = pythons or {}
        self.running: list[subprocess.Popen | Copy] = []
        self._keeper = Keeper(pool, self._python, self._started, self._place)
        self._stopped = False
        self._starting = Lock()
        self._adopts = _adopt_orphans(True)
        self._others = _children()
        self.scratch = logs / "tmp"  # TensorFlow leaves files in the temporary folder of a process that is killed
        files.remove(self.scratch)  # and a build that is killed all of it
        self.scratch.mkdir(parents=True)

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        if kind:
            self.kill()
        self.end()
        _adopt_orphans(False)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def end(self) -> None:
        """End every process so far and, on Linux, all that they started, in sessions of their own too.

        Those of a pool that is given go on.
        """
        for process in self.running:
            quota.end(process)
            process.wait()
            if process.stdin:
                process.stdin.close()
        self._keeper.end()
        while strays := _children() - self._others - self._keeper.lasting:
            for pid in strays:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        self.running.clear()

    def kill(self) -> None:
        """End every worker that is still running, and let none start any more."""
        with self._starting:
            self._stopped = True
            for process in self.running:
                if process.poll() is None:
                    quota.end(process)
            self._keeper.give_up()

    def keep(self, kind: str, modules: Iterable[str] = (), beneath: Iterable[str] = ()) -> None:
        """Let jobs of a kind be done by copies of one process, which imports some modules; elsewhere than on Linux none.

        What lies `beneath` is imported by a process that runs no code of a model and lasts like the pool: that of this
        kind is a copy of it, as are those of others, made as soon as there is a job.
        """
        if self._adopts:
            self._keeper.keep(kind, (*modules,), (*beneath,))

    def _python(self, kind: str) -> Path:
        return self._pythons.get(kind, variables.PYTHON)

    def _started(
        self,
        kind: str,
        name: str,
        python: Path,
        requests: socket.socket | None = None,
        modules: Iterable[str] = (),
    ) -> subprocess.Popen:
        """Start a process of a kind that imports what it needs and waits for its job, or for requests of copies."""
        command = [str(python), "-P", "-s", "-m", "registry.learning.kinds", kind]
        asked = (requests.fileno(),) if requests else ()
        with self.log(name).open("wb") as log:
            return subprocess.Popen(
                [*command, *map(str, asked), *modules], env=variables.of_worker(self.scratch / kind, python),
                text=True, process_group=0, cwd=self._empty(name), stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT,
                pass_fds=asked,
            )  # fmt: skip

    def _take(self, process: subprocess.Popen | Copy, name: str) -> None:
        with self._starting:
            self.running.append(process)
            if self._stopped:
                quota.end(process)
                raise refuse(self.place, f"is not built any further, so {name} does not start")

    def _empty(self, name: str) -> Path:
        """Return an empty folder for a process to run in: nothing of the repository lies there."""
        folder = self.scratch / "in" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def run(self, kind: str, name: str, job: dict, hours: float | None = None) -> dict:
        """Give a job to a process; return its result, raise RegistryError if it has none.

        It is ended when it takes more than some hours: those that are left, or of its kind, unless others are given.
        """
        answer = self.logs / f"{name}.json"
        answer.unlink(missing_ok=True)
        process = self._begin(kind, name, job | {"answer": str(answer)})
        if over := quota.overrun(process, hours or (quota.CHECKS if kind == "checks" else None)):
            quota.show(process)
        quota.end(process)
        process.wait()
        if over:
            console.quote(self.log(name))
            text = f"the process of {name} {over}; {os.path.relpath(self.log(name))} holds what it printed"
            raise refuse(_blamed(self.place, kind), text)
        if not answer.exists():
            files.check_room(self.logs)
            console.quote(self.log(name))
            raise self._died(kind, name, process.returncode, self.log(name))
        content = json.loads(answer.read_text("utf-8"))
        if "problems" in content:
            files.check_room(self.logs)
            console.quote(self.log(name))
            holds = "its traceback" if kind in RUNS and content["traced"] else "what it printed"
            console.say(f"  {name} failed; {os.path.relpath(self.log(name))} holds {holds}")
            raise RegistryError(*(Problem(**problem) for problem in content["problems"]))
        return content["result"]

    def _begin(self, kind: str, name: str, job: dict) -> subprocess.Popen | Copy:
        """Give a job to a copy of the process that is kept for its kind, else to a new one."""
        if kept := self._keeper.found(kind):
            try:
                copy = kept.copy(job, *self._place(kind, name))
            except ChildProcessError as error:
                raise self._died(kind, keeping.title(kind), kept.process.wait(), kept.log) from error
            if copy:
                self._take(copy, name)
                return copy
        process = self._started(kind, name, self._python(kind))
        self._take(process, name)
        try:
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it died early: its exit code and its log say why
        return process

    def _place(self, kind: str, name: str) -> tuple[Path, Path, dict[str, str]]:
        """Return where a copy runs, what it prints to, and the variables of its own."""
        own = variables.of_worker(self.scratch / kind, self._python(kind))
        return self.scratch / "in" / name, self.log(name), own

    def log(self, name: str) -> Path:
        """Return the file that holds what a worker printed."""
        return self.logs / f"{name}.log"

    def last_word(self, name: str) -> str:
        """Return the last line that a worker printed, but for what TensorFlow has to say."""
        if not self.log(name).exists():
            return ""
        with self.log(name).open("rb") as log:
            start = log.seek(max(0, log.seek(0, os.SEEK_END) - 500))
            lines = log.read().decode("utf-8", "replace").replace("\r", "\n").split("\n")
        del lines[: start > 0]  # it begins in the middle
        told = (line.strip() for line in reversed(lines) if not NOISE.match(line))
        return next((line for line in told if line and line.isprintable()), "")

    def _died(self, kind: str, name: str, code: int, log: Path) -> RegistryError:
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        hint = " (out of memory?)" if code == -9 else ""
        text = f"the process of {name} {how}{hint}; {os.path.relpath(log)} holds what it printed"
        return refuse(_blamed(self.place, kind), text)


def _blamed(place: str, kind: str) -> str:
    """Return what to look at when a process of a kind fails."""
    return f"{place}/{RUNS[kind]}" if kind in RUNS else place


def _adopt_orphans(does: bool) -> bool:
    """Let whatever loses its parent below this process become its child, wherever it hides, or no longer.

    Returns whether that is so; Linux alone can do it.
    """
    return sys.platform == "linux" and ctypes.CDLL(None).prctl(SUBREAPER, does, 0, 0, 0) == 0 and does


def _children() -> set[int]:
    """Return the processes whose parent is this one; none where there is no /proc."""
    return {int(stat.parent.name) for stat in Path("/proc").glob("[0-9]*/stat") if _parent(stat) == os.getpid()}


def _parent(stat: Path) -> int | None:
    try:
        return int(stat.read_text("utf-8", "replace").rpartition(") ")[2].split()[1])
    except OSError:  # it has ended
        return None
