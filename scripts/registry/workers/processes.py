"""Worker processes of a build: started early, given a job each, killed together when one fails."""

import ctypes
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from threading import Lock

from registry import console, files
from registry.errors import Problem, RegistryError, refuse
from registry.workers import quota

SCRIPTS = Path(__file__).parents[2]
RUNS = {"rows": "data.py", "train": "model.py", "checks": "checks.py"}
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
NOISE = re.compile(r"[IWEF]\d{4} |INFO: |WARNING: ")

# All that reaches a worker from outside: where things lie, what the network needs, and which devices it may use.
# Whatever else stands in an environment (KERAS_*, TF_*, XLA_FLAGS, PYTHON*, a time zone, ...) could change the weights
# under one fingerprint.
PASSED_ON = {
    "PATH", "USER", "LOGNAME", "SHELL", "TERM", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_HOME", "CUDA_PATH", "CUDA_CACHE_PATH", "NVIDIA_VISIBLE_DEVICES",
    "NVIDIA_DRIVER_CAPABILITIES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ROCM_PATH",
}  # fmt: skip
PASSWORD = re.compile(r"^([a-z][a-z0-9+.-]*://)?.*@", re.IGNORECASE | re.DOTALL)  # in the address of a proxy
SETTINGS = {
    "PYTHONPATH": str(SCRIPTS),
    "PYTHONUNBUFFERED": "1",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "TZ": "UTC",
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # workers side by side share a GPU; by default the first one takes it whole
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),  # more add up otherwise
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",  # exp and log have other last digits there: other rows
}


class Workers:
    """The worker processes of one build, and the folder for their logs and answers."""

    def __init__(self, place: str, logs: Path) -> None:
        self.place = place
        self.logs = logs
        self.running: list[subprocess.Popen] = []
        self._stopped = False
        self._starting = Lock()
        _adopt_orphans()
        self._others = _children()
        self.scratch = logs / "tmp"  # TensorFlow leaves files in the temporary folder of a process that is killed
        files.remove(self.scratch)  # and a build that is killed all of it
        self.scratch.mkdir(parents=True)

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.end()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def end(self) -> None:
        """End every process so far and, on Linux, all that they started, in sessions of their own too."""
        for process in self.running:
            quota.end(process)
            process.wait()
            process.stdin.close()
        while strays := _children() - self._others:
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

    def start(self, kind: str, name: str) -> subprocess.Popen:
        """Start a process of a kind that imports what it needs and waits for its job."""
        if not importlib.util.find_spec("tensorflow"):  # else its log alone would say so
            raise ModuleNotFoundError(name="tensorflow")
        command = [sys.executable, "-P", "-s", "-m", "registry.learning.kinds", kind]
        with self._starting, self.log(name).open("wb") as log:
            if self._stopped:
                raise refuse(self.place, f"is not built any further, so {name} does not start")
            process = subprocess.Popen(
                command, env=environment(self.scratch / kind), text=True, process_group=0, cwd=self._empty(name),
                stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
            self.running.append(process)
        return process

    def _empty(self, name: str) -> Path:
        """Return an empty folder for a process to run in: nothing of the repository lies there."""
        folder = self.scratch / "in" / name
        folder.mkdir(parents=True)
        return folder

    def run(
        self, kind: str, name: str, job: dict, process: subprocess.Popen | None = None, hours: float | None = None
    ) -> dict:
        """Give a job to a process (a new one unless given); return its result, raise RegistryError if it has none.

        It is ended when it takes more than some hours: those of its kind unless others are given.
        """
        answer = self.logs / f"{name}.json"
        answer.unlink(missing_ok=True)
        process = process or self.start(kind, name)
        try:
            process.stdin.write(json.dumps(job | {"answer": str(answer)}) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it died early: its exit code and its log say why
        if over := quota.overrun(process, hours or (quota.CHECKS if kind == "checks" else quota.HOURS)):
            quota.show(process)
        quota.end(process)
        process.wait()
        if over:
            console.quote(self.log(name))
            text = f"the process of {name} {over}; {os.path.relpath(self.log(name))} holds what it printed"
            raise refuse(_blamed(self.place, kind), text)
        if not answer.exists():
            console.quote(self.log(name))
            raise self._died(kind, name, process.returncode)
        content = json.loads(answer.read_text("utf-8"))
        if "problems" in content:
            console.quote(self.log(name))
            holds = "its traceback" if kind in RUNS and content["traced"] else "what it printed"
            console.say(f"  {name} failed; {os.path.relpath(self.log(name))} holds {holds}")
            raise RegistryError(*(Problem(**problem) for problem in content["problems"]))
        return content["result"]

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

    def _died(self, kind: str, name: str, code: int) -> RegistryError:
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        hint = " (out of memory?)" if code == -9 else ""
        text = f"the process of {name} {how}{hint}; {os.path.relpath(self.log(name))} holds what it printed"
        return refuse(_blamed(self.place, kind), text)


def _blamed(place: str, kind: str) -> str:
    """Return what to look at when a process of a kind fails."""
    return f"{place}/{RUNS[kind]}" if kind in RUNS else place


def environment(scratch: Path) -> dict[str, str]:
    """Return the variables that a worker starts with, none of which holds a secret.

    Its home is in a scratch of its kind: a person's holds keys and settings, training's could hold some for the judge.
    """
    own = {"TMPDIR": scratch, "HOME": scratch / "home", "KERAS_HOME": scratch / "keras"}  # short: sockets lie in TMPDIR
    for folder in own.values():
        folder.mkdir(parents=True, exist_ok=True)
    passed = {name: PASSWORD.sub(r"\1", value) if name.upper().endswith("_PROXY") else value
              for name, value in os.environ.items() if name.upper() in PASSED_ON}  # fmt: skip
    return passed | SETTINGS | {name: str(folder) for name, folder in own.items()}


def _adopt_orphans() -> None:
    """Let whatever loses its parent below this process become its child, wherever it hides; Linux alone can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)


def _children() -> set[int]:
    """Return the processes whose parent is this one; none where there is no /proc."""
    return {int(stat.parent.name) for stat in Path("/proc").glob("[0-9]*/stat") if _parent(stat) == os.getpid()}


def _parent(stat: Path) -> int | None:
    try:
        return int(stat.read_text("utf-8", "replace").rpartition(") ")[2].split()[1])
    except OSError:  # it has ended
        return None
