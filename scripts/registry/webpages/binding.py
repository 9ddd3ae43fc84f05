"""The catalogue as a folder: all or nothing of it, and nothing in the place of what is something else."""

import os
from collections.abc import Iterable
from pathlib import Path

from registry import files
from registry.errors import refuse

FOLDER = "catalogue"
MARKER = ".made-by-catalogue"


def write(place: Path, contents: Iterable[tuple[str, str]]) -> int:
    """Put files (path within it, text) into a folder of their own in one step; return how many these are.

    Raises RegistryError where something lies there that is no catalogue; it stays as it is.
    """
    check(place)
    aside = place.with_name(f".{place.name}.new")
    with files.lock(place.with_name(f".{place.name}.lock"), f"{place} is being written"):
        check(place)
        with files.readable(), files.scratch(aside), files.named(aside):
            count, made = 0, set()
            (aside / MARKER).touch()
            for path, text in contents:
                folder, _, _ = path.rpartition("/")
                if folder not in made:
                    (aside / folder).mkdir(parents=True, exist_ok=True)
                    made.add(folder)
                with open(f"{aside}/{path}", "w", encoding="utf-8", newline="") as file:
                    file.write(text)
                count += 1
            _put(aside, place)
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
