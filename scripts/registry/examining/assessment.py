"""The judge: an artifact as it ships, run on held-out rows by every runtime that it holds. No model code runs here."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from registry.artifacts import archive, bloom, golden, inference, runtime, tensors
from registry.artifacts.archive import Artifact
from registry.artifacts.runtime import Runtime
from registry.errors import RegistryError, one_line, refuse, within
from registry.examining import measuring
from registry.examining.measuring import Team
from registry.judging.subjects import FEWEST_ROWS
from registry.loading.rows import Part
from registry.protocols import examples
from registry.scoring import calibration, evaluation, operating, planted, resampling, scorecard
from registry.scoring.costs import Costs
from registry.scoring.marking import Answers, Rows
from registry.scoring.planted import Ground, Stand
from registry.tables import baselines
from registry.tasks import asked as asking
from registry.tasks import clustering, measures, predicting, ranking
from registry.tasks.asked import CLUSTERING, RANKING, Truth
from registry.tasks.clustering import Space
from registry.tasks.predicting import Question

FILES, FOLDERS = (*runtime.FILES.values(), "fingerprint.pb"), ("assets/", "variables/")  # of a model
ALONE = 32  # rows asked one at a time


def assess(
    place: str,
    task: str,
    held_out: Part,
    tar: Path,
    artifact: Artifact,
    output: Path,
    incumbent: dict | None,
    asked: Mapping,
) -> dict:
    """Judge a packed model, and pack it again into `output` with golden predictions and a record of its training rows.

    Returns what is to be reported: the artifact, its inputs and outputs, metrics (of the worst of its runtimes, and of
    each) and how sure they are, slices, confusion, and both versions' metrics on the rows that the incumbent was not
    trained on either. `incumbent` is None, or its version, tar and artifact. `asked` is `evaluation` and `thresholds`
    of the spec.
    """
    evaluated = asked["evaluation"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "candidate")
        _check_parts(place, _unpack(tar, folder, artifact))
        loaded = _candidate(place, folder)
        first = next(iter(loaded.values()))
        question = pose(task, held_out, evaluated)
        outputs = {kind: _outputs(place, question, one) for kind, one in loaded.items()}
        golden.write(folder, first, held_out.features, held_out.labels)
        served = runtime.load(folder)
        golden.check(folder, served, artifact.name)
        bloom.write(folder, held_out.trained)
        other = run(question, Path(scratch, "incumbent"), incumbent, held_out) if incumbent else Other(None)
        repeats = inference.latencies_ms([served, *other.served], held_out.features)
        known, trained = golden.described(folder), bloom.described(folder)
        made = archive.pack(folder, output)
        team = measuring.Team(**asked["team"]) if asked.get("team") else None
        kinds = [*reversed(outputs)]  # what is served first
        answers = Answers(rows(question, held_out, evaluated, team), [outputs[kind] for kind in kinds])
        report = {
            "artifact": vars(made),
            **_signature(first),
            "runtime": served.kind,
            "runtimes": {kind: answers.of_runtime(at) for at, kind in enumerate(kinds)},
            "golden": known,
            "example": examples.example(golden.read(folder)),
            "trained": trained,
        }
        costs = Costs(repeats, [made.size - known["size"] - trained["size"], *other.sizes])
        known = {"clusters": _clusters(first, question.output)} if task == CLUSTERING else {}
        return report | _scored(answers, held_out, asked | known, other, costs)


def _clusters(loaded: Runtime, output: str | None) -> int:
    """Return how many clusters a model has where it gives a score of each; 0 where it gives their numbers."""
    (shape, *_) = [one.shape for one in loaded.outputs if output in (None, one.name)]
    return (shape[1] or 0) if len(shape) == 2 and shape[1] != 1 else 0


def _signature(loaded: Runtime) -> dict[str, list[dict]]:
    return {
        "inputs": [*map(tensors.described, loaded.inputs)],
        "outputs": [*map(tensors.described, loaded.outputs)],
    }


def _unpack(tar: Path, folder: Path, artifact: Artifact) -> Iterable[str]:
    """Unpack an artifact; return the names of its files."""
    with tar.open("rb") as stream:
        return archive.unpack(stream, folder, artifact)


def _check_parts(place: str, names: Iterable[str]) -> None:
    """Nothing ships that is not run to be judged; what the judge puts in is its own."""
    if odd := sorted(name for name in names if name not in FILES and not name.startswith(FOLDERS)):
        text = f"makes a model with {one_line(odd[0])} beside it, which is no part of one; let it write no files there"
        raise refuse(f"{place}/model.py", text)


def _load(folder: Path) -> dict[str, Runtime]:
    return {kind: runtime.load(folder, kind) for kind in runtime.kinds(folder)}


def _candidate(place: str, folder: Path) -> dict[str, Runtime]:
    try:
        loaded = _load(folder)
    except RegistryError as error:
        text = f"makes a model that may not be loaded: {within(error, folder)}"
        raise refuse(f"{place}/model.py", text) from error
    whole = ["tensorflow"] if "litert" in loaded else ["tensorflow", "onnx"]
    if not loaded.keys() & {*whole}:
        wanted = " or ".join(runtime.FILES[kind] for kind in whole)
        raise refuse(f"{place}/model.py", f"makes a model without {wanted}")
    return loaded


def pose(task: str, held_out: Part, evaluated: Mapping) -> Question:
    """Return what versions are asked, and what is true of it."""
    true, output = _true(task, held_out, evaluated), evaluated.get("output")
    return Question(task, held_out.features, true, held_out.classes, output)


def _true(task: str, held_out: Part, evaluated: Mapping) -> np.ndarray | Truth | Space:
    if task == RANKING:
        return asking.of_arrays(held_out.features[asking.USER], held_out.truth, evaluated.get("k", measures.K))
    if task == CLUSTERING:
        return clustering.space(held_out.features, held_out.labels if held_out.classes else None)
    return held_out.labels.astype(float if task == "regression" else int)


def _outputs(place: str, question: Question, loaded: Runtime) -> np.ndarray:
    """Return what a model answers to held-out rows; raise RegistryError where some, asked alone, get other answers."""
    chosen = np.unique(np.linspace(0, len(question.true) - 1, ALONE).astype(int))
    try:
        outputs = predicting.predicted(question, loaded)
        alone = predicting.predicted(question.few(chosen), loaded, batch=1)
    except ValueError as error:
        raise refuse(
            f"{place}/model.py", f"makes a model that {error}, run by {loaded.kind} on held-out rows"
        ) from error
    if odd := predicting.differing(question.task, outputs[chosen], alone):
        text = f"returned a model that answers {odd} of {len(chosen)} held-out rows otherwise when each is asked alone"
        advice = "let it answer each row by itself, whatever else is in the batch"
        raise refuse(f"{place}/model.py", f"{text}, run by {loaded.kind}; {advice}", field="train")
    return outputs


@dataclass(frozen=True)
class Other:
    """The incumbent, run: what is told of it, its predictions, which rows are new to it, its runtime and its size.

    `told` is None where there is none, and all but it is empty for one that can't be run.
    """

    told: dict | None
    outputs: Sequence[np.ndarray] = ()
    new: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    served: Sequence[Runtime] = ()
    sizes: Sequence[int] = ()


def run(question: Question, folder: Path, incumbent: dict, held_out: Part) -> Other:
    """Run the incumbent, or another released version, on the held-out rows; one that can't be has no metrics, and the reason.

    `rows` is how many it was not trained on. It is None, and all count, where its artifact does not say.
    """
    told = {"version": incumbent["version"], "metrics": None, "reason": None, "inputs": None, "outputs": None}
    try:
        artifact = Artifact(**incumbent["artifact"])
        _unpack(Path(incumbent["tar"]), folder, artifact)
        loaded = _load(folder)
        told |= _signature(next(iter(loaded.values())))
        if question.output not in [one["name"] for one in told["outputs"]]:
            question = replace(question, output=None)
        theirs, known = [predicting.predicted(question, one) for one in loaded.values()], bloom.read(folder)
        beside = sum(file.stat().st_size for name in (golden.FILE, bloom.FILE) if (file := folder / name).exists())
    except Exception as error:  # a version made by other code, maybe long ago, may fail in any way
        return Other(told | {"reason": " ".join(str(error).split())[:200]})
    is_known = known is not None and known.kind == held_out.trained.kind
    new = _unknown(question, known.holds(held_out.keys)) if is_known else np.arange(len(question.true))
    told |= {"rows": len(new) if is_known else None, "metrics": {}, "candidate": {}, "evidence": {}}
    return Other(told, theirs, new, [[*loaded.values()][-1]], [artifact.size - beside])


def _unknown(question: Question, is_known: np.ndarray) -> np.ndarray:
    """Return the rows that a version was not trained on: of a ranking the persons of whose relevant items it knows none."""
    if question.task != RANKING:
        return np.flatnonzero(~is_known)
    owners = question.true.relevant.owners[is_known]
    return np.flatnonzero(np.bincount(owners, minlength=len(question.true)) == 0)


def rows(question: Question, held_out: Part, evaluated: Mapping, team: Team | None) -> Rows:
    """Return the held-out rows as versions are scored on them."""
    units = resampling.units(len(question.true), held_out.groups)
    alone = held_out.groups is None
    columns = held_out.columns
    return Rows(question.task, question.true, question.classes, units, alone, evaluated.get("decision"), team, columns)


def _scored(answers: Answers, held_out: Part, asked: Mapping, other: Other, costs: Costs) -> dict:
    """Return metrics with their evidence: of all rows, of slices, and beside the incumbent's and a baseline's."""
    entries, columns = asked["evaluation"]["slices"], held_out.columns
    found = scorecard.whole(answers)
    report = {
        "own_metrics": answers.own,
        "metrics": found["metrics"] | costs.of(0),
        "evidence": found["evidence"] | costs.evidence(0),
    }
    told, against = other.told, Ground(answers, columns)
    theirs = Answers(answers.rows, other.outputs) if len(other.outputs) else None
    if theirs:
        told |= {"metrics": costs.of(1), "candidate": costs.of(0), "evidence": costs.differences}
    if theirs and len(other.new) >= min(FEWEST_ROWS, len(held_out.labels)):
        against = Ground(theirs, columns).few(other.new)
        both = scorecard.compared(answers.few(other.new), against.answers)
        told |= {name: found | told[name] for name, found in both.items()}
    report |= {"incumbent": told, "baseline": None, "slices": [], "confusion": None, "calibration": None}
    report |= {"residuals": None, "proof": None, "operating": None, "ranking": None, "clusters": None}
    if not answers.is_finite:
        return report
    is_new = np.zeros(len(held_out.labels), bool)
    is_new[other.new] = True
    report["slices"] = scorecard.slices(entries, columns, answers, theirs, is_new)
    kind, trivial = _trivial(answers, held_out)
    if trivial is not None:
        report["baseline"] = scorecard.baseline(answers, trivial, kind)
    report |= _tables(answers, trivial, asked.get("clusters", 0))
    report["proof"] = planted.prove(
        Stand(Ground(answers, columns), against, costs.repeats[0], entries), asked["thresholds"]
    )
    report["operating"] = operating.characteristics(asked["thresholds"], told["evidence"]) if theirs else None
    return report


def _trivial(answers: Answers, held_out: Part) -> tuple[str | None, np.ndarray | None]:
    """Return what a model must beat: its kind, and what may be answered to each row."""
    rows = answers.rows
    if rows.task == RANKING:
        return baselines.POPULAR, ranking.most_popular(rows.labels)[None]
    if rows.task == CLUSTERING:
        return baselines.RANDOM, clustering.at_random(answers.runtimes[0])[None]
    return held_out.baseline_kind, held_out.baseline


def _tables(answers: Answers, trivial: np.ndarray | None, clusters: int) -> dict:
    """Return what metrics hide, of the runtime that is served."""
    outputs, rows = answers.runtimes[0], answers.rows
    if rows.task == RANKING:
        return {"ranking": ranking.told(rows.labels, outputs, trivial[0])}
    if rows.task == CLUSTERING:
        return {"clusters": clustering.told(rows.labels, outputs, clusters)}
    if rows.task == "regression":
        return {"residuals": calibration.residuals(outputs, rows.labels)}
    return {
        "calibration": calibration.table(outputs, rows.labels),
        "confusion": evaluation.confusion(outputs, rows.labels, rows.decision),
    }
