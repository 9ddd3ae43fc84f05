"""Whether one spec makes sense beyond its schema: versions, numbers, splits, slices, thresholds, runners."""

from collections.abc import Iterator, Mapping

from registry import versions
from registry.errors import Problem, did_you_mean
from registry.formats.reader import Document
from registry.specs import fingerprints, runners, thresholds
from registry.tasks import measures

LABEL, USER = "label", "user"
TAKEN = {*thresholds.OF_ROWS, *(name for task in measures.TASKS for name in measures.known(task))}


def problems(document: Document) -> list[Problem]:
    """Return what the schema can't say of one spec: versions that fit, metrics that the task has, numbers, runners."""
    fault = versions.fault(document.data["version"]) if document.is_sound("version") else None
    found = [document.problem(fault, "version")] if fault else []
    if document.is_sound("runs_on") and (fault := runners.build_fault(document.data.get("runs_on", runners.DEFAULT))):
        found.append(document.problem(fault, "runs_on"))
    found += [*_numbers(document), *_evaluation(document), *_split(document)]
    return [*found, *_thresholds(document), *_accepted(document)]


def _numbers(document: Document) -> Iterator[Problem]:
    """Yield what JSON Schema lets through: 7.0 as a whole number, and arguments that somebody forgot to fill in."""
    for place in ("training", "seed"), ("evaluation", "folds"):
        value = document.data.get(place[0], {}).get(place[1]) if document.is_sound(place[0]) else None
        if isinstance(value, float):
            yield document.problem(f"{value} is no whole number; write {value:.0f}", *place)
    for name, value in document.data["training"].items() if document.is_sound("training") else []:
        if value is None and document.is_left_out("training", name):
            yield document.problem("is empty; write a value, or null if none is meant", "training", name)


def _evaluation(document: Document) -> Iterator[Problem]:
    """Yield slices that part nothing, and a decision where nothing is decided."""
    evaluation = document.data.get("evaluation", {}) if document.is_sound("evaluation") else {}
    for place, entry in enumerate(evaluation.get("slices", ())):
        if text := thresholds.slices_fault(entry, document.data["task"] if document.is_sound("task") else ""):
            yield document.problem(text, "evaluation", "slices", place)
    for name, task in (("decision", "classification"), ("k", "ranking")):
        if name in evaluation and document.is_sound("task") and document.data["task"] != task:
            text = f"is for {task}, and the task is {document.data['task']}; leave it out"
            yield document.problem(text, "evaluation", name)
    if "output" in evaluation and document.is_sound("task") and document.data["task"] == "ranking":
        text = "is not asked for in a ranking, which is judged by its outputs item and score; leave it out"
        yield document.problem(text, "evaluation", "output")
    for name in evaluation.get("metrics", ()):
        if name in TAKEN:
            text = f"{name} is what the registry calls a metric of its own; name the function in metrics.py otherwise"
            yield document.problem(text, "evaluation", "metrics", name)


def _thresholds(document: Document) -> Iterator[Problem]:
    """Yield thresholds that no model can reach or miss, or a bad one keeps; a broken evaluation is not held against them."""
    if not document.is_sound("task", "thresholds"):
        return
    broken = "evaluation" in document.data and not document.is_sound("evaluation")
    evaluation = {"slices": ["label"]} if broken else fingerprints.with_defaults(document.data, "evaluation")
    for metric, found in document.data["thresholds"].items():
        is_list = isinstance(found, list) and metric not in thresholds.OF_ROWS
        texts = [
            thresholds.fault(document.data["task"], metric, one, evaluation) for one in (found if is_list else [found])
        ]
        for place, text in enumerate(texts):
            if text:
                yield document.problem(text, "thresholds", metric, *([place] if is_list else []))
        if not any(texts) and (
            text := thresholds.backwards(document.data["task"], metric, found if is_list else [found], evaluation)
        ):
            yield document.problem(text, "thresholds", metric)


def _split(document: Document) -> Iterator[Problem]:
    """Yield what no rows could be parted by."""
    if not document.is_sound("data"):
        return
    split = document.data["data"].get("split", {})
    named = {kind: split[kind] for kind in ("group", "time") if kind in split}
    for kind, name in named.items():
        if name == LABEL:
            text = f"{LABEL} is what the model is asked for; name a column that load() returns beside the labels"
            yield document.problem(text, "data", "split", kind)
    if len(named) == 2 and split["group"] == split["time"]:
        text = f"{split['group']} is the time, too; name the column of what each row belongs to, or leave group out"
        yield document.problem(text, "data", "split", "group")
    if document.is_sound("task") and document.data["task"] == "ranking":
        yield from _order(document, split)
    if "gap" in split and "time" not in split:
        text = "has no effect without time; write `time:` with the column that says when a row was, or leave gap out"
        yield document.problem(text, "data", "split", "gap")


def _order(document: Document, split: Mapping) -> Iterator[Problem]:
    """Yield what keeps a ranking from being asked for what comes later: by one date for all, or by that of each person."""
    if "time" not in split:
        text = "a ranking is asked for what comes later; write `split: {time: COLUMN}` for one date for all, or"
        yield document.problem(
            f"{text} `split: {{time: COLUMN, group: {USER}}}` for each person's own last part", "data", "split"
        )
    elif split.get("group", USER) != USER:
        text = f"is {USER} in a ranking, whose last part is each person's own; write {USER}, or leave it out: one date for all"
        yield document.problem(text, "data", "split", "group")


def _accepted(document: Document) -> Iterator[Problem]:
    """Yield what can't be accepted: limits that the spec does not have, and one twice."""
    if not document.is_sound("accept", "thresholds"):
        return
    known, told = thresholds.limits(document.data["thresholds"]), set()
    for place, one in _placed(document.data["accept"]):
        name = one["threshold"]
        if name not in known:
            advice = did_you_mean(name, known) if known else "there is none of a metric"
            yield document.problem(f"{name} is no limit of thresholds; {advice}", *place, "threshold")
        elif (name, one["version"]) in told:
            yield document.problem(f"{name} of {one['version']} is accepted twice; leave one out", *place, "threshold")
        told.add((name, one["version"]))


def void(document: Document) -> Iterator[Problem]:
    """Yield what is accepted for another version than the spec's, which counts for nothing."""
    version = document.data["version"]
    for place, one in _placed(document.data.get("accept", [])):
        if one["version"] != version:
            text = f"is for {one['version']}, and this is {version}: it counts for nothing; take it out"
            yield document.problem(text, *place, "version")


def _placed(found: Mapping | list) -> list[tuple[tuple, Mapping]]:
    return (
        [(("accept",), found)]
        if isinstance(found, Mapping)
        else [(("accept", at), one) for at, one in enumerate(found)]
    )
