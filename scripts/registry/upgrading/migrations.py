"""Documents and code of models in the shape that this version reads, where an older version read another. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from registry.upgrading import dividing


class Step(NamedTuple):
    """A file as it is to be, and why."""

    path: str
    text: str
    told: str


# A migration is told by the shape of what it finds, whatever version that is of: it makes nothing of what is new.
Migration = Callable[[str, Mapping[str, str]], Iterator[Step]]


def steps(folders: Mapping[str, Mapping[str, str]]) -> list[Step]:
    """Return what has to change in folders of models: path of each -> name within it -> text."""
    return [step for place, texts in folders.items() for migrate in MIGRATIONS for step in migrate(place, texts)]


def examination_apart(place: str, texts: Mapping[str, str]) -> Iterator[Step]:
    """Move load() out of model.py into data.py: who sets the examination does not sit it."""
    if "model.yaml" not in texts or not (parts := dividing.divide(texts.get("model.py", ""))):
        return
    data, model = parts
    if texts.get("data.py", data) == data:  # as a run leaves it that was stopped between both files
        yield Step(f"{place}/data.py", data, "load() has a file of its own, with what it needs")
        yield Step(f"{place}/model.py", model, "load() went to data.py")


MIGRATIONS: tuple[Migration, ...] = (examination_apart,)
