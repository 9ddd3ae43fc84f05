"""One piece of work in a process of its own: `python -m registry.learning.worker`, its job a line of JSON on stdin.

TensorFlow is imported before the job arrives, so that a worker can be started early and wait. The answer goes to the
file that the job names; whatever else is printed belongs to the model's own code, which finds an empty stdin.
"""

import json
import os
import signal
import threading
from pathlib import Path
from typing import TextIO

from registry.artifacts.archive import Artifact
from registry.errors import RegistryError
from registry.learning import assessment, training
from registry.learning.rows import Task


def main() -> None:
    """Read the job, do it, write `{"result": ...}` or `{"problems": [...]}`."""
    jobs = os.fdopen(os.dup(0))
    line = jobs.readline()
    if not line:
        return
    job = json.loads(line)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    threading.Thread(target=_die_with_parent, args=(jobs,), daemon=True).start()
    try:
        answer = {"result": _work(job, Task(**job["task"]))}
    except RegistryError as error:
        answer = {"problems": [vars(problem) for problem in error.problems]}
    temporary = Path(f"{job['answer']}.new")
    temporary.write_text(json.dumps(answer), "utf-8")
    temporary.rename(job["answer"])
    os._exit(0)  # threads that the model's code left running don't hold the process


def _work(job: dict, task: Task) -> dict:
    match job["kind"]:
        case "train":
            return training.train(task, Path(job["output"]))
        case "fold":
            return training.cross_validate(task, job["fold"], job["threads"])
        case "assess":
            return assessment.assess(task, Path(job["tar"]), Artifact(**job["artifact"]), job["incumbent"], job["rows"])
    raise ValueError(job["kind"])


def _die_with_parent(jobs: TextIO) -> None:
    """The parent holds the pipe open as long as it lives; a killed build leaves no process behind."""
    jobs.read()
    os.killpg(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
