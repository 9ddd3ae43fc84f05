"""From a model to a candidate: cross-validate, train, export, pack, assess, judge."""

import os
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict
from pathlib import Path

from registry import console, files, lfs, versions
from registry.artifacts import archive
from registry.errors import refuse
from registry.judging import candidates, reporting
from registry.judging.candidates import Candidate
from registry.learning.processes import Workers
from registry.releases import changes, ledger
from registry.specs import data, models, sources
from registry.specs.models import Model

TICK = 0.2  # seconds between two looks at what the workers print


def build(root: Path, model: Model, incumbent: dict | None) -> Candidate:
    """Make a model's candidate and put it where the last one lay; raise RegistryError when it can't be made.

    `incumbent` is None, or the `version`, `tar` and `artifact` that the candidate is compared with.
    """
    change = changes.change(root, model, ledger.load_all(root, model.name))
    rows = data.fetch(model)
    if pointers := model.contents.pointers:
        lfs.pull(root, [f"{model.place}/{name}" for name in pointers])
    work = root / candidates.FOLDER / ".work" / model.name
    with files.lock(work.with_suffix(".lock"), f"{model.name} is being built"):
        files.remove(work)
        with Workers(model.place, work) as workers:
            examination = _examination(model, work / "data", rows)
            ready = _rows(workers, model, examination, "training", work / "training")
            console.say(f"  {_counted(**ready['rows'])}")
            _put_code(model, work / "model", "data.py")
            task = _task(model, work / "model", work / "training")
            trained, folds = _learn(workers, task, examination["folds"], work / "saved_model")
            workers.end()
            assessed = _judge(workers, model, examination | _apart(model), ready, work, incumbent)
            if assessed["rows"] != ready["rows"]:
                console.say(f"  {_counted(**assessed['rows'], whose='')}")
        _check_unchanged(root, model)
        report = reporting.compose(root, change, model, trained, folds, assessed)
        return candidates.store(root, work / "candidate", report)


def _counted(train: int, holdout: int | None = None, shared: int = 0, whose: str = ", of another group") -> str:
    same = f"; {shared:,} of these equal one to train with{whose}" if shared else ""
    held_out = "" if holdout is None else f", {holdout:,} held out{same}"
    return f"{train:,} rows to train with{held_out}"


def _apart(model: Model) -> dict:
    """Return where the rows lie that are held out in a file of their own: fetched now, after training ended."""
    is_apart = sources.is_apart(model.spec["data"])
    return {"held_out": str(data.fetch(model, sources.HOLDOUT))} if is_apart else {}


def _rows(workers: Workers, model: Model, examination: dict, part: str, output: Path) -> dict:
    """Let data.py make the rows, and store one part of them; return what is known of all of them.

    Its copy lies there only meanwhile: training could change what the held-out rows are made by.
    """
    code = Path(examination["folder"])
    _put_code(model, code, "model.py")
    job = {"examination": examination, "part": part, "output": str(output)}
    ready = workers.run("rows", f"rows-{part.replace(' ', '-')}", job)
    files.remove(code)
    return ready


def _judge(workers: Workers, model: Model, examination: dict, ready: dict, work: Path, incumbent: dict | None) -> dict:
    """Pack what was trained, and let the judge answer for it. The held-out rows are made now, after training ended."""
    with console.working("assessing the packed artifact"):
        judge = workers.start("judge", "judge")
        again = _rows(workers, model, examination, "held out", work / "held_out")
        if again["rows_sha256"] != ready["rows_sha256"]:
            file, field = f"{model.place}/data.py", "load"
            raise refuse(file, "returns other rows each time; sort them, and draw none at random", field=field)
        artifact = archive.pack(work / "saved_model", work / "trained.tar")
        (work / "candidate").mkdir()
        output = work / "candidate" / versions.asset(model.name, model.version)
        job = {"place": model.place, "task": examination["task"], "rows": str(work / "held_out")}
        job |= {"tar": str(work / "trained.tar"), "artifact": asdict(artifact), "output": str(output)}
        return workers.run("judge", "judge", job | {"incumbent": incumbent}, judge) | {"rows": again["rows"]}


def _check_unchanged(root: Path, model: Model) -> None:
    """The workers read model.py some time after the spec was read: what was built must be what is recorded."""
    (now,) = models.load(root, [model.name])
    if now.fingerprint != model.fingerprint:
        raise refuse(model.place, "was changed while it was being built; build it again")


def _put_code(model: Model, place: Path, left_out: str) -> None:
    """Fill a folder with a model's code as a clone has it, but for the file that is none of a process's business."""
    files.remove(place)
    unlike = model.contents.unlike
    for name in model.contents.code:
        if name != left_out:
            file = place / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if name in unlike:
                file.write_bytes(unlike[name])
            else:
                files.copy(model.folder / name, file)


def _examination(model: Model, code: Path, rows: Path) -> dict:
    return {
        "folder": str(code),
        "place": model.place,
        "task": model.spec["task"],
        "data": str(rows),
        "holdout": None if sources.is_apart(model.spec["data"]) else model.section("data")["holdout"],
        "folds": model.section("evaluation")["folds"],
    }


def _task(model: Model, code: Path, rows: Path) -> dict:
    return {
        "folder": str(code),
        "place": model.place,
        "task": model.spec["task"],
        "rows": str(rows),
        "training": model.spec["training"],
    }


def _learn(workers: Workers, task: dict, folds: int, output: Path) -> tuple[dict, list[dict]]:
    """Train on the whole training part and on all folds, side by side; return what each worker answered."""
    count = min(os.cpu_count() or 1, folds + 1)
    threads = max(1, (os.cpu_count() or 1) // count)
    jobs = {"train": {"task": task, "output": str(output)}}
    for fold in range(folds):
        jobs[f"fold-{fold + 1}"] = {"task": task, "fold": fold, "threads": threads}
    with ThreadPoolExecutor(count) as pool:
        futures = {pool.submit(workers.run, "train", name, job): name for name, job in jobs.items()}
        try:
            answers = _follow(workers, futures)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            workers.kill()
            raise
    return answers.pop("train"), [answers[name] for name in jobs if name != "train"]


def _follow(workers: Workers, futures: dict[Future, str]) -> dict[str, dict]:
    """Show what goes on until all are done; raise what the first failure raised."""
    answers: dict[str, dict] = {}
    start = time.monotonic()
    with console.working("training") as show:
        while left := [future for future in futures if futures[future] not in answers]:
            for future in wait(left, TICK, FIRST_COMPLETED).done:
                answers[futures[future]] = future.result()
                console.say(_told(futures[future], answers[futures[future]], time.monotonic() - start))
            name = next((futures[future] for future in left if not future.done()), "")
            show(f"{len(answers)}/{len(futures)} done  {name}  {workers.last_word(name)}")
    return answers


def _told(name: str, answer: dict, seconds: float) -> str:
    if name == "train":
        return f"  trained ({seconds:.0f} s); LiteRT: {answer['lite']['reason']}"
    scores = "  ".join(f"{metric} {value:.4g}" for metric, value in answer.items() if value is not None)
    return f"  {name}: {scores} ({seconds:.0f} s)"
