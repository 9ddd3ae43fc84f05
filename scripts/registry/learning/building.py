"""From a model to a candidate, in two halves that may be done on two machines: train, and then assess what came of it."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from registry import console, files, lfs, versions
from registry.artifacts import archive
from registry.artifacts.archive import Artifact
from registry.errors import Problem, refuse
from registry.examining import behaviour
from registry.judging import candidates, reporting
from registry.judging.candidates import Candidate
from registry.learning import briefing, folds, trained
from registry.learning.trained import Trained
from registry.machines import checkpoints, clusters
from registry.releases import changes, ledger
from registry.releases.changes import Change
from registry.showing import plots, reportpage
from registry.specs import data, faults, models, requirements, sources
from registry.specs.models import Model
from registry.tasks import measures
from registry.workers.keeping import Pool
from registry.workers.processes import Workers

DIGEST = 12  # of its digits, which tell people as much as all


def fetch(root: Path, model: Model, functions: Iterable[str] = ("load", "train")) -> Path:
    """Return the file of the rows to train with, fetched like what functions take beside, and what Git LFS keeps."""
    rows = data.fetch(model)
    for function in functions:
        briefing.inputs(model, function)
    if pointers := model.contents.pointers:
        lfs.pull(root, [f"{model.place}/{name}" for name in pointers])
    return rows


def train(root: Path, model: Model, twice: bool = False, pool: Pool | None = None) -> list[Problem]:
    """Train and cross-validate a model, and hand it over to be judged; raise RegistryError when it can't be trained.

    Trained `twice`, the first is handed over all the same; returns what is wrong where the second has other weights.
    Of several machines that train it together the first does so, and cross-validates it by itself. What a `pool` keeps
    is there for other models, too.
    """
    cluster, rows = clusters.read(os.environ.get(clusters.VARIABLE)), fetch(root, model)
    with workplace(root, model) as work:
        files.remove(work)
        with Workers(model.place, work, briefing.own_python(model), pool) as workers:
            count = model.section("evaluation")["folds"]
            ready, task = briefing.prepare(workers, model, rows, work, count)
            kept = checkpoints.kept(root, model.name, model.fingerprint)
            learned, scores, again = _learn(workers, task, count * cluster.is_first, work, kept, twice)
            workers.end()
        _check_unchanged(root, model)
        if not cluster.is_first:
            checkpoints.remove(root, model.name)
            told = f"  trained as machine {cluster.index + 1} of {cluster.workers}; the first hands the model over"
            console.say(told)
            return []
        tar = work / f"{model.name}.tar"
        artifact = archive.pack(work / folds.WHOLE, tar)
        if lock := model.contents.digests.get(requirements.LOCK):
            learned["tools"]["lock"] = lock[:DIGEST]
        facts = {"model": model.name, "fingerprint": model.fingerprint, "split_sha256": ready["split_sha256"]}
        trained.store(root, tar, facts | {"artifact": asdict(artifact), "folds": scores} | learned)
        checkpoints.remove(root, model.name)  # not before: what is killed here goes on from them
    return _compared(model, learned, again) if again else []


def _compared(model: Model, first: dict, second: dict) -> list[Problem]:
    """Say whether two trainings gave the same weights; return what is wrong where they did not."""
    one, other = (each["weights_sha256"] for each in (first, second))
    if one == other:
        console.say(f"  trained twice: the weights are bit-identical, SHA-256 {one[:DIGEST]}…")
        return []
    told = f"SHA-256 {one[:DIGEST]}…, then {other[:DIGEST]}…"
    text = f"gives other weights when it runs again ({told}), and the first are judged"
    advice = "draw only from `random`, `numpy.random` and Keras, whose seeds are set, and leave TensorFlow one thread"
    return [Problem(f"{model.place}/{faults.MODEL}", 0, "train", f"{text}; {advice}")]


def assess(root: Path, model: Model, incumbent: dict | None, pool: Pool | None = None) -> Candidate:
    """Judge what was trained of a model, which becomes its candidate in place of the last one.

    `incumbent` is None, or the `version`, `tar` and `artifact` that it is compared with. Nothing that training says
    decides the verdict, but where a threshold is of folds. What a `pool` keeps is there for other models, too. Raises
    RegistryError when it can't be judged.
    """
    change = changes.change(root, model, ledger.load_all(root, model.name))
    with workplace(root, model) as work, files.scratch(work / "judged") as made:
        handed = trained.load(root, model.name)
        _check_handed(handed, model)
        rows = fetch(root, model, ["load"])
        artifacts = [handed.tar, *([Path(incumbent["tar"])] if incumbent else [])]
        pythons = briefing.own_python(model) | briefing.judges_python(artifacts)
        with Workers(model.place, work, pythons, pool) as workers:
            packages = briefing.judges_packages(artifacts)
            workers.keep("judge", beneath=packages)
            examination = briefing.examination(model, work / "data", rows) | apart(model)
            ready, assessed = _judge(workers, model, examination, handed, made, incumbent)
            workers.end()
            if packages:  # their process has them as soon as it is there
                workers.keep("checks", beneath=packages)
            assessed["checks"] = _checks(workers, model, work / "checks", made / "candidate", assessed["artifact"])
        _check_left_alone(model, made / "candidate", assessed["artifact"])
        _check_unchanged(root, model)
        report = _report(root, change, model, handed, ready, assessed)
        _draw(report, made / "candidate")
        candidate = candidates.store(root, made / "candidate", report, reportpage.page(report))
        handed.remove()
    return candidate


def _draw(report: dict, folder: Path) -> None:
    """Put a picture of a report's plots into a folder; whoever draws none need not wait for matplotlib."""
    if charts := plots.charts(report):
        from registry.formats import figure

        files.write(folder / candidates.PLOTS, figure.svg(f"{report['model']} {report['version']}", charts))


@contextmanager
def workplace(root: Path, model: Model) -> Iterator[Path]:
    """Yield the folder where a model is built, which is nobody else's meanwhile."""
    work = root / candidates.FOLDER / ".work" / model.name
    with files.lock(work.with_suffix(".lock"), f"{model.name} is being built"):
        yield work


def apart(model: Model) -> dict:
    """Return where the rows lie that are held out in a file of their own: training never has it."""
    is_apart = sources.is_apart(model.spec["data"])
    return {"held_out": str(data.fetch(model, sources.HOLDOUT))} if is_apart else {}


def _judge(
    workers: Workers, model: Model, examination: dict, handed: Trained, made: Path, incumbent: dict | None
) -> tuple[dict, dict]:
    """Let the judge answer for what was trained, on held-out rows that are made now; return what is known of these too.

    Their digest is held against that of training: rows that a machine splits otherwise could be known to the model.
    """
    with console.working("assessing the packed artifact") as show:
        ready = briefing.make_rows(workers, model, examination, "held out", made / "rows", show)
        if ready["split_sha256"] != handed.facts["split_sha256"]:
            text = "returns other rows each time, or on another machine; sort them, draw none at random, and where"
            advice = "machines compute features otherwise in their last digits, return an id of each as a third thing"
            raise refuse(f"{model.place}/data.py", f"{text} {advice}", field="load")
        if "held_out" in examination:
            console.say(f"  {briefing.counted(**ready['rows'], task=model.spec['task'])}")
        (made / "candidate").mkdir()
        output = made / "candidate" / versions.asset(model.name, model.version)
        job = {"place": model.place, "task": examination["task"], "rows": str(made / "rows")}
        job |= {"tar": str(handed.tar), "artifact": asdict(handed.artifact), "output": str(output)}
        asked = {"evaluation": model.section("evaluation"), "thresholds": model.spec["thresholds"]}
        asked["team"] = briefing.team(model, made / "metrics")
        return ready, workers.run("judge", "judge", job | {"incumbent": incumbent, "asked": asked})


def _checks(workers: Workers, model: Model, code: Path, made: Path, artifact: dict) -> list[dict]:
    """Return what became of each of a model's checks, tried on what was judged; nothing where it has none."""
    if faults.CHECKS not in model.contents.code:
        return []
    briefing.put_code(model, code, faults.CHECKS)
    with console.working(f"trying {faults.CHECKS}"):
        packed, output = (made / artifact["name"], Artifact(**artifact)), model.section("evaluation").get("output")
        found = behaviour.tried(workers, model.place, code, *packed, output)
    files.remove(code)
    return found


def _report(root: Path, change: Change, model: Model, handed: Trained, ready: dict, assessed: dict) -> dict:
    """Return the report: whether LiteRT runs it is what the judge found, why or why not what training said."""
    learned = {name: handed.facts[name] for name in ("weights_sha256", "tools", "trained_on")}
    learned["lite"] = {"included": "litert" in assessed["runtimes"], "reason": handed.facts["lite"]}
    return reporting.compose(root, change, model, {"rows": ready["rows"]} | learned, handed.facts["folds"], assessed)


def _check_handed(handed: Trained, model: Model) -> None:
    """What was trained must be what the spec asks for now, and each fold of it tell the same metrics."""
    place, scores = handed.place, handed.facts["folds"]
    advice = f"train it with `tox run -e build -- --train {model.name}`"
    if handed.facts["fingerprint"] != model.fingerprint:
        raise refuse(place, f"was trained from other code, data or settings than {model.place} holds; {advice}")
    if len(scores) != model.section("evaluation")["folds"] or any(fold.keys() != scores[0].keys() for fold in scores):
        raise refuse(place, f"was not cross-validated as {model.document.file} asks; {advice}")


def _check_unchanged(root: Path, model: Model) -> None:
    """The workers read model.py some time after the spec was read: what was built must be what is recorded."""
    (now,) = models.load(root, [model.name])
    if now.fingerprint != model.fingerprint:
        raise refuse(model.place, "was changed while it was being built; build it again")


def _check_left_alone(model: Model, made: Path, artifact: dict) -> None:
    """Checks are tried on the candidate itself, as the same user: what ships must be what was judged."""
    left = [asdict(archive.describe(file)) if file.is_file() else None for file in made.iterdir()]
    if left != [artifact]:
        text = "changes the candidate that it is tried on; let it write no files there"
        raise refuse(f"{model.place}/{faults.CHECKS}", text)


def _learn(
    workers: Workers, task: dict, count: int, work: Path, kept: Path, twice: bool
) -> tuple[dict, list[dict], dict | None]:
    """Train on the whole training part and on all folds of it, each with a folder of what is kept of it.

    Returns what each worker answered, and what the second training of the whole did where it is to be done `twice`.
    """
    names = (folds.WHOLE, folds.AGAIN) if twice else (folds.WHOLE,)
    whole = {name: {"task": task, "output": str(work / name)} for name in names}
    parts = {name: job | {"left": str(work / "left" / name)} for name, job in folds.jobs(task, range(count)).items()}
    mine = {name: {"checkpoints": str(kept / name)} for name in whole | parts if name != folds.AGAIN}
    answers = folds.side_by_side(workers, {name: job | mine.get(name, {}) for name, job in (whole | parts).items()})
    learned, again = answers.pop(folds.WHOLE), answers.pop(folds.AGAIN, None)
    scores = [*answers.values()]
    if scores and measures.is_by_folds(task["task"]):
        left = [one["left"] for one in parts.values()]
        found = folds.stability(workers, task, str(work / folds.WHOLE), left, "stability")
        scores = [one | {"stability": value} for one, value in zip(scores, found, strict=True)]
    return learned, scores, again
