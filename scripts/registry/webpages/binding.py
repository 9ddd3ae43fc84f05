"""The catalogue as a folder: all or nothing of it, and nothing in the place of what is something else."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from registry import files
from registry.errors import refuse
from registry.workers import sharing

FOLDER = "catalogue"
MARKER = ".made-by-catalogue"
Contents = Iterable[Callable[[], tuple[str, str]]]
Maker = Callable[[], Contents]


def write(place: Path, contents: Maker, processes: int = 1) -> int:
    """Put files, each made as its path within and its text, into a folder of their own in one step; return how many.

    Each of so many processes makes a share of them. Raises RegistryError where something lies there that is no
    catalogue; it stays as it is.
    """
    check(place)
    aside = place.with_name(f".{place.name}.new")
    with files.lock(place.with_name(f".{place.name}.lock"), f"{place} is being written"):
        check(place)
        with files.readable(), files.scratch(aside), files.named(aside):
            (aside / MARKER).touch()
            count = sharing.side_by_side(lambda number: _fill(aside, contents(), number, processes), processes)
            _put(aside, place)
    return count


def _fill(folder: Path, contents: Contents, number: int, processes: int) -> int:
    """Write a share of the files; return how many there are in all."""
    count, made = 0, set()
    for count, make in enumerate(contents, 1):
        if count % processes != number:
            continue
        path, text = make()
        within, _, _ = path.rpartition("/")
        if within not in made:
            (folder / within).mkdir(parents=True, exist_ok=True)
            made.add(within)
        with open(f"{folder}/{path}", "w", encoding="utf-8", newline="") as file:
            file.write(text)
    return count


def check(place: Path) -> None:
    """Raise RegistryError where a catalogue may not be written, since something else lies there."""
    files.check_link(place)
    is_free = not os.path.lexists(place) or (place.is_dir() and not any(place.iterdir()))
    if not is_free and not (place / MARKER).is_file():
        text = "holds something else than a catalogue, which would be lost; name another folder with --output"
        raise refuse(str(place), text)


def _put(new: Path, place: Path) -> None:
    """What can be made again need not outlive a power cut, and to sync thousands of pages takes longer than to make them."""
    from registry.swap import swap

    if os.path.lexists(place):
        swap(new, place)
    else:
        new.rename(place)
        new.mkdir()
