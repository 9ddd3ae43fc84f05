"""One piece of work in a process of its own: `python -m registry.learning.kinds KIND`, its job a line of JSON on stdin.

Each kind imports what it needs, and nothing of the others, before its job arrives, so that it can be started early and
wait: *rows* runs data.py, *train* runs model.py, *score* and *judge* run neither, *checks* runs checks.py, *metrics*
runs metrics.py. Where a socket is named behind the kind, and modules to import, copies of the process do the jobs that
are asked for there; those of *imports* become such a process themselves, of another kind. The answer goes to the file
that the job names; whatever else is printed belongs to the model's own code, which finds an empty stdin and an empty
folder.
"""

import importlib
import json
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from registry import memory
from registry.errors import RegistryError
from registry.workers import forking, postponing

Work = Callable[[dict], dict]


def main() -> None:
    """Read the job, do it, write `{"result": ...}` or `{"problems": [...]}`."""
    kind, *kept = sys.argv[1:]
    postponing.begin()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # one that is aborted, to see where it is, leaves no more
    jobs = os.fdopen(os.dup(0))
    if kind == forking.IMPORTS:
        job = _asked(*kept)
        kind, kept = job["kind"], [job[forking.REQUESTS], *job["modules"]]
    with memory.unswept():
        work = KINDS[kind]()
    job = _asked(*kept) if kept else json.loads(jobs.readline() or "null")
    if job is None:
        return
    answers = job.pop("answer")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    threading.Thread(target=_die_with_parent, args=(jobs,), daemon=True).start()
    try:
        answer = {"result": work(job)}
    except RegistryError as error:
        answer = {"problems": [vars(problem) for problem in error.problems], "traced": error.__cause__ is not None}
    temporary = Path(f"{answers}.new")
    temporary.write_text(json.dumps(answer), "utf-8")
    temporary.rename(answers)
    os._exit(0)  # threads that the model's code left running don't hold the process


def _asked(requests: str | int, *modules: str) -> dict:
    """Import what jobs will need, and return one of them in each copy that does it."""
    with memory.unswept():
        for name in modules:
            with suppress(BaseException):  # whoever imports it in earnest tells why it can't be
                importlib.import_module(name)
    return forking.serve(socket.socket(fileno=int(requests)))


def _rows() -> Work:
    """Make rows by data.py, and store one part of them."""
    from registry.loading import making, rows

    def work(job: dict) -> dict:
        found = making.load(rows.Examination(**job["examination"]))
        part = found.training if job["part"] == "training" else found.held_out
        part.store(Path(job["output"]))
        if "columns" in job:
            rows.store_columns(Path(job["columns"]), found.beside)
        return {"rows": found.counts, "split_sha256": found.split}

    return work


def _train() -> Work:
    """Train by model.py on the training part, or on all folds of it but one."""
    from registry.exports import seeding
    from registry.learning import training

    seeding.fix_threads()

    def work(job: dict) -> dict:
        task = training.Task(**job["task"])
        if "fold" in job:
            training.cross_validate(task, job["fold"], Path(job["left"]), job.get("checkpoints"))
            return {}
        return training.train(task, Path(job["output"]), job.get("checkpoints"))

    return work


def _judge() -> Work:
    """Ask what training left, or judge a packed model: one process is kept for both, since neither runs a model's code."""
    score, assess = _score(), _assess()
    return lambda job: (assess if "rows" in job else score)(job)


def _score() -> Work:
    """Ask what training left, in the registry's own packages: of a fold, of all, or of a model that only they run."""
    from registry.learning import proving, training

    def work(job: dict) -> dict:
        task = training.Task(**job["task"])
        if "folds" in job:
            return {"stability": proving.stability(task, Path(job["whole"]), [*map(Path, job["folds"])])}
        if "fold" in job:
            return proving.score(task, job["fold"], Path(job["left"]))
        proving.prove(task, Path(job["whole"]))
        return {}

    return work


def _assess() -> Work:
    """Judge a packed model on the held-out part, or score two released ones there."""
    from registry.artifacts.archive import Artifact
    from registry.examining import assessment, rescoring
    from registry.loading import rows

    def work(job: dict) -> dict:
        held_out = rows.read(Path(job["rows"]))
        if "both" in job:
            return rescoring.rescore(job["place"], job["task"], held_out, *job["both"], job["asked"])
        artifact = Artifact(**job["artifact"])
        places = Path(job["tar"]), artifact, Path(job["output"])
        return assessment.assess(job["place"], job["task"], held_out, *places, job["incumbent"], job["asked"])

    return work


def _checks() -> Work:
    """Try checks.py on a packed model, off the network before any code is there that could use it."""
    from registry import offline

    is_offline = offline.go()
    from registry.artifacts.archive import Artifact
    from registry.examining import trying

    def work(job: dict) -> dict:
        packed = Path(job["tar"]), Artifact(**job["artifact"])
        trying.attempt(Path(job["folder"]), job["place"], *packed, job["name"], Path(job["journal"]))
        return {"offline": is_offline}

    return work


def _metrics() -> Work:
    """Call a team's own metrics, off the network before anything else is there that could use it."""
    from registry import offline

    offline.go()
    from registry.examining import measuring

    sys.dont_write_bytecode = True
    return measuring.measured


KINDS = {"rows": _rows, "train": _train, "score": _judge, "judge": _judge, "checks": _checks, "metrics": _metrics}


def _die_with_parent(jobs: TextIO) -> None:
    """The parent holds the pipe open as long as it lives; a killed build leaves no process behind."""
    jobs.read()
    os.killpg(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
