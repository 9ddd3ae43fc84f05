"""What training hands over to be judged: a packed model that nobody believes in yet, and what is said of it.

It may come from another machine, on which code of the model ran: it is data, held against a schema.
"""

from dataclasses import dataclass
from pathlib import Path

from registry import files
from registry.artifacts import archive
from registry.artifacts.archive import Artifact
from registry.errors import refuse
from registry.formats import documents
from registry.judging import candidates

FOLDER = f"{candidates.FOLDER}/.trained"  # hidden: whoever hands in all candidates leaves it out


@dataclass(frozen=True)
class Trained:
    """What training says of its model, in a file beside the packed model."""

    path: Path
    facts: dict

    @property
    def place(self) -> str:
        """The file, from the top of the repository."""
        return f"{FOLDER}/{self.path.name}"

    @property
    def artifact(self) -> Artifact:
        """The packed model's name, size and digest."""
        return Artifact(**self.facts["artifact"])

    @property
    def tar(self) -> Path:
        """The packed model's file."""
        return self.path.with_suffix(".tar")

    def remove(self) -> None:
        """Remove both files."""
        files.remove(self.path)
        files.remove(self.tar)


def store(root: Path, tar: Path, facts: dict) -> Trained:
    """Put a packed model, and what is said of it, in place of what was trained last."""
    trained = Trained(_path(root, facts["model"]), facts)
    files.make_folder(trained.path.parent)
    trained.remove()
    tar.rename(trained.tar)
    files.write(trained.path, documents.dump_json(facts))
    return trained


def load(root: Path, model: str) -> Trained:
    """Return what was trained of a model; raise RegistryError when there is nothing, or when it is damaged."""
    path, advice = _path(root, model), f"train it with `tox run -e build -- --train {model}`"
    place = f"{FOLDER}/{path.name}"
    for file in path, path.with_suffix(".tar"):
        if not file.is_file():
            raise refuse(f"{FOLDER}/{file.name}", f"is not there; {advice}")
    facts = documents.load_json(path, "trained", place, advice)
    if facts["model"] != model:
        raise refuse(place, f"is about {facts['model']}; {advice}")
    trained = Trained(path, facts)
    if archive.describe(trained.tar) != trained.artifact:
        raise refuse(f"{FOLDER}/{trained.tar.name}", f"is not what {path.name} beside it tells of; {advice}")
    return trained


def _path(root: Path, model: str) -> Path:
    return root / FOLDER / f"{model}.json"
