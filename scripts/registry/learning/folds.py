"""Trainings side by side: of the whole training part, and of all folds of it but one, with progress."""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from registry import console, files
from registry.artifacts import runtime
from registry.errors import Problem
from registry.machines import outlook
from registry.workers import quota, sharing
from registry.workers.processes import Workers

WHOLE, AGAIN = "train", "train-again"
WIDTH = 80
END = 4096  # bytes of a log that are searched for the last epoch
TICK = 0.2  # seconds between two looks at what the workers print


def jobs(task: dict, folds: Iterable[int]) -> dict[str, dict]:
    """Return the job of each fold, by its name."""
    return {f"fold-{fold + 1}": {"task": task, "fold": fold} for fold in folds}


def score(
    workers: Workers, task: dict, fold: int, name: str, hours: float | None = None, left: Path | None = None
) -> dict:
    """Train on all but one fold of the training part and return the metrics on that one; others may go on beside it.

    What training leaves stays only where a folder is named that is not there yet.
    """
    return _done(workers, name, {"task": task, "fold": fold} | ({"left": str(left)} if left else {}), hours)


def whole(workers: Workers, task: dict, name: str, output: Path, hours: float | None = None) -> dict:
    """Train on the whole training part, as `score` does on most of it, and export into a folder that is not there yet."""
    return _done(workers, name, {"task": task, "output": str(output)}, hours)


def stability(workers: Workers, task: dict, whole: str, left: Sequence[str], name: str) -> list[float]:
    """Return for each fold how alike its clusters are to those of the model of the whole, from the folders of both."""
    return workers.run("score", name, {"task": task, "whole": whole, "folds": left})["stability"]


def scores(workers: Workers, task: dict, folds: Sequence[int]) -> list[dict]:
    """Train on all but one fold of the training part, for each of some folds; return the metrics on that one."""
    return [*side_by_side(workers, jobs(task, folds)).values()]


def side_by_side(workers: Workers, named: Mapping[str, dict]) -> dict[str, dict]:
    """Do jobs of training, each on one core; return what each worker answered, in their order."""
    with ThreadPoolExecutor(min(sharing.cores(), len(named))) as pool:
        futures = {pool.submit(_done, workers, name, job): name for name, job in named.items()}
        try:
            answers = _follow(workers, futures)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            workers.kill()
            raise
    return {name: answers[name] for name in named}


def _done(workers: Workers, name: str, job: dict, hours: float | None = None) -> dict:
    """Let a process of the model's side train, and one of the registry's ask what it left: a model marks no own work."""
    task = {"task": job["task"]}
    if "fold" not in job:
        answer = workers.run("train", name, job, hours=hours)
        if runtime.kinds(Path(job["output"])) == ["onnx"]:
            workers.keep("score")
            workers.run("score", f"{name}-proof", task | {"whole": job["output"]})
        return answer
    left = job.get("left", str(workers.scratch / "left" / name))
    workers.run("train", name, job | {"left": left}, hours=hours)
    found = workers.run("score", f"{name}-score", task | {"fold": job["fold"], "left": left}, hours=hours)
    if "left" not in job:
        files.remove(Path(left))
    return found


def _follow(workers: Workers, futures: dict[Future, str]) -> dict[str, dict]:
    """Show what goes on until all are done; raise what the first failure raised."""
    answers: dict[str, dict] = {}
    start, last, is_warned = time.monotonic(), 0.0, False
    with console.working("training") as show:
        while left := [future for future in futures if futures[future] not in answers]:
            for future in wait(left, TICK, FIRST_COMPLETED).done:
                answers[futures[future]] = future.result()
                last = time.monotonic() - start
                console.say(_told(futures[future], answers[futures[future]], last))
            name = next((futures[future] for future in left if not future.done()), "")
            ahead = estimate(len(answers), len(futures), sharing.cores(), last, time.monotonic() - start)
            show(f"{len(answers)}/{len(futures)} done{ahead}  {name}  {workers.last_word(name)}".rstrip())
            if not is_warned and (
                late := _late(workers, futures.values(), len(answers), last, time.monotonic() - start)
            ):
                console.advise([late])
                is_warned = True
    return answers


def _late(workers: Workers, names: Iterable[str], done: int, last: float, now: float) -> Problem | None:
    """Return what to know where trainings take longer than they may, by those done or by how far one has come."""
    first, *others = names
    many = sharing.cores()
    seconds = last / -(-done // many) if done else outlook.duration(_end(workers.log(first)), now)
    told = seconds and outlook.warning(seconds, -(-(1 + len(others)) // many), now, quota.left() + now / outlook.HOUR)
    return Problem(f"{workers.place}/model.py", 0, "train", told) if told else None


def _end(log: Path) -> str:
    """Return the end of what a process printed so far."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - END))
        return file.read().decode("utf-8", "replace")


def estimate(done: int, count: int, side_by_side: int, last: float, now: float) -> str:
    """Return how long the rest of so many jobs takes, which take about as long each, so many in a round.

    `last` is when the last of those done was, `now` is later, both in seconds; nothing is told before the first is done.
    """
    rounds, over = -(-count // side_by_side), -(-done // side_by_side)
    left = last * rounds / over - now if done else 0
    return f", about {left / 60:.0f} min left" if left >= 90 else f", about {left:.0f} s left" if left >= 1 else ""


def _told(name: str, answer: dict, seconds: float) -> str:
    if name in (WHOLE, AGAIN):
        done = "trained" if name == WHOLE else "trained again"
        return f"  {done} ({seconds:.0f} s)\n  LiteRT: {answer['lite']}"
    scores = [f"{metric} {value:.4g}" for metric, value in answer.items() if value is not None]
    while len(line := f"  {name}: {'  '.join(scores)} ({seconds:.0f} s)") > WIDTH and scores:
        scores.pop()
    return line
