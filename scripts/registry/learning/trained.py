"""What training hands over to be judged: a packed model that nobody believes in yet, and what is said of it.

It may come from another machine, on which code of the model ran: it is data, held against a schema.
"""

from dataclasses import dataclass
from pathlib import Path

from registry import files
from registry.artifacts.archive import Artifact
from registry.errors import refuse
from registry.formats import documents
from registry.judging import candidates

FOLDER = f"{candidates.FOLDER}/.trained"  # hidden: whoever hands in all candidates leaves it out
FACTS, TAR = "trained.json", "model.tar"


@dataclass(frozen=True)
class Trained:
    """A folder that training filled, and what it says of its model."""

    folder: Path
    facts: dict

    @property
    def artifact(self) -> Artifact:
        """The packed model's name, size and digest."""
        return Artifact(**self.facts["artifact"])

    @property
    def tar(self) -> Path:
        """The packed model's file."""
        return self.folder / TAR


def store(root: Path, made: Path, facts: dict) -> Trained:
    """Put what was trained, and what is said of it, in place of what was trained last."""
    files.write(made / FACTS, documents.dump_json(facts))
    folder = _folder(root, facts["model"])
    files.make_folder(folder.parent)
    files.put_folder(made, folder)
    files.remove(made)
    return Trained(folder, facts)


def load(root: Path, model: str) -> Trained:
    """Return what was trained of a model; raise RegistryError when there is nothing, or when it is damaged."""
    folder = _folder(root, model)
    place, advice = f"{FOLDER}/{model}", f"train it with `tox run -e build -- --train {model}`"
    if not folder.is_dir():
        raise refuse(place, f"holds nothing that was trained; {advice}")
    facts = documents.load_json(folder / FACTS, "trained", f"{place}/{FACTS}", advice)
    if facts["model"] != model:
        raise refuse(f"{place}/{FACTS}", f"is about {facts['model']}; {advice}")
    if not (folder / TAR).is_file():
        raise refuse(f"{place}/{TAR}", f"is missing; {advice}")
    return Trained(folder, facts)


def _folder(root: Path, model: str) -> Path:
    return root / FOLDER / model
