"""Folders that outlive a training which is killed: what train() left there, the next try of the same recipe finds."""

from pathlib import Path

from registry import files

FOLDER = "candidates/.checkpoints"  # hidden: whoever hands in all candidates leaves it out
NAME = "checkpoints"  # of the argument by which train() takes one
DIGITS = 16  # of a fingerprint, which tell the recipes of one model apart


def kept(root: Path, model: str, fingerprint: str) -> Path:
    """Return the folder of a model's recipe, below which each training has its own; those of its other recipes go."""
    mine = root / FOLDER / model
    here = mine / fingerprint[:DIGITS]
    for old in mine.iterdir() if mine.is_dir() else ():
        if old != here:
            files.remove(old)
    return here


def remove(root: Path, model: str) -> None:
    """Remove what is kept of a model, once it is trained."""
    files.remove(root / FOLDER / model)


def given(kept: str | None) -> tuple[Path, bool]:
    """Return the folder that train() gets, and whether a training that was killed left something there.

    One of which nothing is to be kept gets one below the folder that its process has for itself.
    """
    folder = Path(kept or NAME).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder, any(folder.iterdir())
