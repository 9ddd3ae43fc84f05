"""What the processes of a build are given: code as a clone has it, and what is asked for as values that travel as JSON."""

from pathlib import Path

from registry import files
from registry.code import signatures
from registry.specs import faults, sources
from registry.specs.models import Model


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
    }


def task(model: Model, code: Path, rows: Path) -> dict:
    """Return what *train* is to learn, from the code and the rows in two folders."""
    return {
        "folder": str(code),
        "place": model.place,
        "task": model.spec["task"],
        "rows": str(rows),
        "training": model.spec["training"],
        "decision": model.section("evaluation").get("decision"),
    }


def packages(model: Model) -> list[str]:
    """Return the modules of others that the code which trains a model imports, wherever in it."""
    own = {name.split("/")[0].removesuffix(".py") for name in model.contents.code}
    sources = [
        name for name in model.contents.code if name.endswith(".py") and name not in (faults.DATA, faults.CHECKS)
    ]
    unlike = model.contents.unlike
    found = (signatures.taken(unlike.get(name) or (model.folder / name).read_bytes()) for name in sources)
    return [*dict.fromkeys(one.name for taken in found for one in taken if one.name.split(".")[0] not in own)]
