"""From a model to a candidate, in two halves that may be done on two machines: train, and then assess what came of it."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from registry import console, files, lfs, versions
from registry.artifacts import archive
from registry.errors import refuse
from registry.judging import candidates, reporting
from registry.judging.candidates import Candidate
from registry.learning import trained
from registry.learning.processes import Workers
from registry.learning.trained import Trained
from registry.releases import changes, ledger
from registry.releases.changes import Change
from registry.showing import plots
from registry.specs import data, models, sources
from registry.specs.models import Model

FEW = 3  # metrics of a fold that one line takes; the report has all
TICK = 0.2  # seconds between two looks at what the workers print


def fetch(root: Path, model: Model) -> Path:
    """Return the file of the rows to train with, fetched like all files that Git LFS keeps of the model."""
    rows = data.fetch(model)
    if pointers := model.contents.pointers:
        lfs.pull(root, [f"{model.place}/{name}" for name in pointers])
    return rows


def train(root: Path, model: Model) -> Trained:
    """Train and cross-validate a model, and hand it over to be judged; raise RegistryError when it can't be trained."""
    rows = fetch(root, model)
    with _workplace(root, model) as work:
        files.remove(work)
        with Workers(model.place, work) as workers:
            examination = _examination(model, work / "data", rows)
            with console.working("making the rows") as show:
                ready = _rows(workers, model, examination, "training", work / "training", show)
            console.say(f"  {_counted(**ready['rows'])}")
            _put_code(model, work / "model", "data.py")
            task = _task(model, work / "model", work / "training")
            learned, folds = _learn(workers, task, examination["folds"], work / "saved_model")
            workers.end()
        _check_unchanged(root, model)
        tar = work / f"{model.name}.tar"
        artifact = archive.pack(work / "saved_model", tar)
        facts = {"model": model.name, "fingerprint": model.fingerprint, "split_sha256": ready["split_sha256"]}
        return trained.store(root, tar, facts | {"artifact": asdict(artifact), "folds": folds} | learned)


def assess(root: Path, model: Model, incumbent: dict | None) -> Candidate:
    """Judge what was trained of a model, which becomes its candidate in place of the last one.

    `incumbent` is None, or the `version`, `tar` and `artifact` that it is compared with. Nothing that training says
    decides the verdict. Raises RegistryError when it can't be judged.
    """
    change = changes.change(root, model, ledger.load_all(root, model.name))
    with _workplace(root, model) as work, files.scratch(work / "judged") as made:
        handed = trained.load(root, model.name)
        _check_handed(handed, model)
        rows = fetch(root, model)
        with Workers(model.place, work) as workers:
            examination = _examination(model, work / "data", rows) | _apart(model)
            ready, assessed = _judge(workers, model, examination, handed, made, incumbent)
        _check_unchanged(root, model)
        report = _report(root, change, model, handed, ready, assessed)
        _draw(report, made / "candidate")
        candidate = candidates.store(root, made / "candidate", report)
        handed.remove()
    return candidate


def _draw(report: dict, folder: Path) -> None:
    """Put a picture of a report's plots into a folder; whoever draws none need not wait for matplotlib."""
    if charts := plots.charts(report):
        from registry.formats import figure

        files.write(folder / candidates.PLOTS, figure.svg(f"{report['model']} {report['version']}", charts))


@contextmanager
def _workplace(root: Path, model: Model) -> Iterator[Path]:
    """Yield the folder where a model is built, which is nobody else's meanwhile."""
    work = root / candidates.FOLDER / ".work" / model.name
    with files.lock(work.with_suffix(".lock"), f"{model.name} is being built"):
        yield work


def _counted(train: int, holdout: int | None = None, shared: int = 0, near: int | None = None) -> str:
    same = f"; {shared:,} of these equal one to train with" if shared else ""
    alike = f"; {near:,} of these nearly equal one to train with" if near else ""
    held_out = "" if holdout is None else f", {holdout:,} held out{same}{alike}"
    return f"{train:,} rows to train with{held_out}"


def _apart(model: Model) -> dict:
    """Return where the rows lie that are held out in a file of their own: training never has it."""
    is_apart = sources.is_apart(model.spec["data"])
    return {"held_out": str(data.fetch(model, sources.HOLDOUT))} if is_apart else {}


def _rows(
    workers: Workers, model: Model, examination: dict, part: str, output: Path, show: Callable[[str], None]
) -> dict:
    """Let data.py make the rows, and store one part of them; show what goes on; return what is known of all of them.

    Its copy lies there only meanwhile: training could change what the held-out rows are made by.
    """
    code = Path(examination["folder"])
    _put_code(model, code, "model.py")
    job, name = {"examination": examination, "part": part, "output": str(output)}, f"rows-{part.replace(' ', '-')}"
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(workers.run, "rows", name, job)
        try:
            while not wait([future], TICK).done:
                show(workers.last_word(name))
        except BaseException:
            workers.kill()
            raise
        ready = future.result()
    files.remove(code)
    return ready


def _judge(
    workers: Workers, model: Model, examination: dict, handed: Trained, made: Path, incumbent: dict | None
) -> tuple[dict, dict]:
    """Let the judge answer for what was trained, on held-out rows that are made now; return what is known of these too.

    Their digest is held against that of training: rows that a machine splits otherwise could be known to the model.
    """
    with console.working("assessing the packed artifact") as show:
        judge = workers.start("judge", "judge")
        ready = _rows(workers, model, examination, "held out", made / "rows", show)
        if ready["split_sha256"] != handed.facts["split_sha256"]:
            text = "returns other rows each time, or on another machine; sort them, draw none at random, and where"
            advice = "machines compute features otherwise in their last digits, return an id of each as a third thing"
            raise refuse(f"{model.place}/data.py", f"{text} {advice}", field="load")
        if "held_out" in examination:
            console.say(f"  {_counted(**ready['rows'])}")
        (made / "candidate").mkdir()
        output = made / "candidate" / versions.asset(model.name, model.version)
        job = {"place": model.place, "task": examination["task"], "rows": str(made / "rows")}
        job |= {"tar": str(handed.tar), "artifact": asdict(handed.artifact), "output": str(output)}
        asked = {"evaluation": model.section("evaluation"), "thresholds": model.spec["thresholds"]}
        return ready, workers.run("judge", "judge", job | {"incumbent": incumbent, "asked": asked}, judge)


def _report(root: Path, change: Change, model: Model, handed: Trained, ready: dict, assessed: dict) -> dict:
    """Return the report: whether LiteRT runs it is what the judge found, why or why not what training said."""
    learned = {name: handed.facts[name] for name in ("weights_sha256", "tools")}
    learned["lite"] = {"included": "litert" in assessed["runtimes"], "reason": handed.facts["lite"]}
    return reporting.compose(root, change, model, {"rows": ready["rows"]} | learned, handed.facts["folds"], assessed)


def _check_handed(handed: Trained, model: Model) -> None:
    """What was trained must be what the spec asks for now, and each fold of it tell the same metrics."""
    place, folds = handed.place, handed.facts["folds"]
    advice = f"train it with `tox run -e build -- --train {model.name}`"
    if handed.facts["fingerprint"] != model.fingerprint:
        raise refuse(place, f"was trained from other code, data or settings than {model.place} holds; {advice}")
    if len(folds) != model.section("evaluation")["folds"] or any(fold.keys() != folds[0].keys() for fold in folds):
        raise refuse(place, f"was not cross-validated as {model.document.file} asks; {advice}")


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
        "split": model.section("data").get("split", {}),
        "slices": model.section("evaluation")["slices"],
    }


def _task(model: Model, code: Path, rows: Path) -> dict:
    return {
        "folder": str(code),
        "place": model.place,
        "task": model.spec["task"],
        "rows": str(rows),
        "training": model.spec["training"],
        "decision": model.section("evaluation").get("decision"),
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
            soon = console.remaining(len(answers), len(futures), time.monotonic() - start)
            show(f"{len(answers)}/{len(futures)} done{soon}  {name}  {workers.last_word(name)}")
    return answers


def _told(name: str, answer: dict, seconds: float) -> str:
    if name == "train":
        return f"  trained ({seconds:.0f} s)\n  LiteRT: {answer['lite']}"
    scores = "  ".join(f"{metric} {value:.4g}" for metric, value in [*answer.items()][:FEW] if value is not None)
    return f"  {name}: {scores} ({seconds:.0f} s)"
