"""What the processes of a build are given: Pythons, code as a clone has it, what is asked for as plain values, and rows."""

import importlib.util
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from registry import console, files
from registry.artifacts import archive, runtime
from registry.code import signatures
from registry.errors import refuse
from registry.learning import folds
from registry.specs import data, faults, requirements, sources
from registry.specs.models import Model
from registry.tasks import measures
from registry.workers import pythons, variables
from registry.workers.processes import Workers

OURS = "requirements/train.txt"
TENSORFLOW = "tensorflow"
OWN, JUDGES = ("rows", "train"), ("judge", "checks")


def own_python(model: Model) -> dict[str, Path]:
    """Return by kind the Python that runs a model's own code: with its own packages, else with TensorFlow.

    Raises RegistryError when its packages can't be installed.
    """
    if not model.lock:
        return dict.fromkeys((*OWN, "score"), _with_tensorflow())
    lock = f"{model.place}/{requirements.LOCK}"
    own = pythons.made(model.lock, lock, data.environments())
    if not [*own.parents[1].glob(f"lib/*/site-packages/{requirements.ROWS}")]:
        advice = (
            f"write it into {requirements.WANTED} without a condition, and run `{requirements.command(model.place)}`"
        )
        raise refuse(lock, f"installs no {requirements.ROWS} here, by which rows are handed on; {advice}")
    asks = {"score": _with_tensorflow()} if b"\ntensorflow" in model.lock else {}  # of a SavedModel, maybe
    return dict.fromkeys(OWN, own) | asks


def judges_python(artifacts: Iterable[Path]) -> dict[str, Path]:
    """Return by kind the Python that runs packed models: the registry's, with TensorFlow where it must run one."""
    return dict.fromkeys(JUDGES, _with_tensorflow()) if _is_saved(artifacts) else {}


def judges_packages(artifacts: Iterable[Path]) -> list[str]:
    """Return the modules of others that take long to import, and that whoever runs packed models needs."""
    return [TENSORFLOW] if _is_saved(artifacts) else []


def shared_packages(model: Model) -> list[str]:
    """Return those modules, where the code of a model imports them, too, from the registry's own packages."""
    takes = {name.split(".")[0] for name in packages(model)} & {TENSORFLOW, "keras"}
    return [TENSORFLOW] if takes and not model.lock else []


def _is_saved(artifacts: Iterable[Path]) -> bool:
    return any(archive.holds(path, runtime.SAVED_MODEL) for path in artifacts)


def _with_tensorflow() -> Path:
    if importlib.util.find_spec("tensorflow"):
        return variables.PYTHON
    return pythons.made((variables.SCRIPTS.parent / OURS).read_bytes(), OURS, data.environments())


def put_code(model: Model, place: Path, own: str) -> None:
    """Fill a folder with a model's code as a clone has it, but for the files that are other processes' business."""
    files.remove(place)
    unlike = model.contents.unlike
    for name in model.contents.code:
        if name == own or name not in faults.CODE:
            file = place / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if name in unlike:
                file.write_bytes(unlike[name])
            else:
                files.copy(model.folder / name, file)


def inputs(model: Model, function: str) -> dict[str, Path]:
    """Return the files beside the rows that load() or train() takes, by name, fetched where they are not yet here."""
    names = model.spec.get(sources.INPUTS, {})
    if not names:
        return {}
    name = faults.DATA if function == "load" else faults.MODEL
    source = (model.contents.unlike.get(name) or (model.folder / name).read_bytes()).decode("utf-8")
    return {one: data.fetch(model, (sources.INPUTS, one)) for one in signatures.takes(source, function, names)}


def _put_inputs(model: Model, folder: Path) -> dict[str, str]:
    """Copy what train() takes into a folder: where the files lie themselves, those of the rows lie near."""
    files.remove(folder)
    found = {name: (file, folder / name / file.name) for name, file in inputs(model, "train").items()}
    for file, place in found.values():
        place.parent.mkdir(parents=True)
        files.copy(file, place)
    return {name: str(place) for name, (_, place) in found.items()}


def examination(model: Model, code: Path, rows: Path) -> dict:
    """Return what *rows* is to examine a model by; its code is to lie in a folder."""
    return {
        "folder": str(code),
        "place": model.place,
        "task": model.spec["task"],
        "data": str(rows),
        "holdout": None if sources.is_apart(model.spec["data"]) else model.section("data")["holdout"],
        "folds": model.section("evaluation")["folds"],
        "split": model.section("data").get("split", {}),
        "slices": model.section("evaluation")["slices"],
        "decision": model.section("evaluation").get("decision"),
        "inputs": {name: str(file) for name, file in inputs(model, "load").items()},
    }


def task(model: Model, code: Path, rows: Path) -> dict:
    """Return what *train* is to learn, from the code and the rows in two folders."""
    return {
        "folder": str(code),
        "place": model.place,
        "task": model.spec["task"],
        "rows": str(rows),
        "training": model.spec["training"],
        "packages": packages(model),
        "k": model.section("evaluation").get("k", measures.K),
        "decision": model.section("evaluation").get("decision"),
        "output": model.section("evaluation").get("output"),
        "inputs": _put_inputs(model, code.with_name(f"{code.name}-inputs")),
    }


def packages(model: Model) -> list[str]:
    """Return the modules of others that the code which trains a model imports, wherever in it."""
    own = {name.split("/")[0].removesuffix(".py") for name in model.contents.code}
    sources = [
        name
        for name in model.contents.code
        if name.endswith(".py") and (name not in faults.CODE or name == faults.MODEL)
    ]
    unlike = model.contents.unlike
    found = (signatures.taken(unlike.get(name) or (model.folder / name).read_bytes()) for name in sources)
    return [*dict.fromkeys(one.name for taken in found for one in taken if one.name.split(".")[0] not in own)]


def prepare(workers: Workers, model: Model, rows: Path, work: Path, count: int) -> tuple[dict, dict]:
    """Make the rows to train with, in so many folds, and keep what trains and scores them at hand.

    Returns what is known of all rows, and the task that is to be learned.
    """
    shared = shared_packages(model)
    workers.keep("train", packages(model), shared)
    if count:
        workers.keep("score", beneath=shared)
    asked = examination(model, work / "data", rows) | {"folds": count}
    mine = team(model, work / "metrics") if count else None
    columns = work / "columns.npz" if mine else None
    with console.working("making the rows") as show:
        ready = make_rows(workers, model, asked, "training", work / "training", show, columns)
    console.say(f"  {counted(**ready['rows'], task=model.spec['task'])}")
    put_code(model, work / "model", faults.MODEL)
    own = {"own": {"team": mine, "columns": str(columns)}} if mine else {}
    return ready, task(model, work / "model", work / "training") | own


def team(model: Model, code: Path) -> dict | None:
    """Put a team's own metrics into a folder; return which they are, as `Team` has them, or None where there are none."""
    better = model.section("evaluation").get("metrics")
    if not better:
        return None
    put_code(model, code, faults.METRICS)
    return {"folder": str(code), "place": model.place, "better": better}


def make_rows(
    workers: Workers,
    model: Model,
    examination: dict,
    part: str,
    output: Path,
    show: Callable[[str], None],
    columns: Path | None = None,
) -> dict:
    """Let data.py make the rows, and store one part of them; show what goes on; return what is known of all of them.

    Its copy lies there only meanwhile: training could change what the held-out rows are made by. `columns` is where those
    of the rows to train with are stored, where they are asked for.
    """
    code = Path(examination["folder"])
    put_code(model, code, faults.DATA)
    job, name = {"examination": examination, "part": part, "output": str(output)}, f"rows-{part.replace(' ', '-')}"
    job |= {"columns": str(columns)} if columns else {}
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(workers.run, "rows", name, job)
        try:
            while not wait([future], folds.TICK).done:
                show(workers.last_word(name))
        except BaseException:
            workers.kill()
            raise
        ready = future.result()
    files.remove(code)
    return ready


def counted(train: int, holdout: int | None = None, shared: int = 0, near: int | None = None, *, task: str) -> str:
    """Return how many rows there are, as people read it; of a ranking persons are held out."""
    same = f"; {shared:,} of these equal one to train with" if shared else ""
    alike = f"; {near:,} of these nearly equal one to train with" if near else ""
    persons = " persons" * (measures.units(task) == "persons")
    held_out = "" if holdout is None else f", {holdout:,}{persons} held out{same}{alike}"
    return f"{train:,} rows to train with{held_out}"
