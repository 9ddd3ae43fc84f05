"""A model's own packages: what it asks for, and the lock that says which versions with which digests. Pure."""

import hashlib
import re
from collections.abc import Iterator, Mapping

from registry.errors import Problem

WANTED, LOCK = "requirements.in", "requirements.txt"
PYTHON = "3.11"  # the lowest that models run in: what is locked for it holds for later ones, too
PYTHONS = "3.11 to 3.13"
ROWS = "numpy"  # by which a model's processes hand rows on
HEAD = "# for Python {python} and later, by {wanted} of SHA-256 {digest}; renewed by `{command}`"
HEADING = re.compile(rf"# for Python (\S+) and later, by {re.escape(WANTED)} of SHA-256 ([0-9a-f]{{64}});")
OTHER = re.compile(r"#.*?[Pp]ython(?:-version)?[ =](\d+\.\d+)")  # as uv and pip-compile begin
PIN = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[\w., -]+\])?==[\w.+!-]+(?: *;.*)?")
PATH = re.compile(r"\s*\.|.*[@/:]|.*\.(whl|gz|zip)\s*$")
HASH, DIGEST, COMMENT = " --hash=sha256:", re.compile("[0-9a-f]{64}"), re.compile(r"(?m)(^|\s)#.*$")


def command(place: str) -> str:
    """Return what renews the lock of the model in a folder."""
    return f"tox run -e lock -- {place.rpartition('/')[2]}"


def locked(place: str, wanted: str, found: str) -> str:
    """Return a lock as it is kept, of what a model asks for and what was found for it."""
    return f"{HEAD.format(python=PYTHON, wanted=WANTED, digest=_digest(wanted), command=command(place))}\n{found}"


def problems(place: str, texts: Mapping[str, str]) -> Iterator[Problem]:
    """Yield what is wrong with the requirements of the model in a folder, by the texts of WANTED and LOCK that are there."""
    if WANTED in texts:
        yield from wishes(place, texts[WANTED])
    if texts.keys() == {WANTED}:
        yield Problem(f"{place}/{WANTED}", 0, "", f"has no {LOCK}, which says the versions; run `{command(place)}`")
    elif texts.keys() == {LOCK}:
        text = f"has no {WANTED} beside it; name there the packages that the model needs, and run `{command(place)}`"
        yield Problem(f"{place}/{LOCK}", 0, "", text)
    elif texts:
        yield from _of_lock(f"{place}/{LOCK}", texts, f"run `{command(place)}`")


def wishes(place: str, wanted: str) -> Iterator[Problem]:
    """Yield what is wrong with what the model in a folder asks for: lines that are no packages of an index.

    Into an address uv would write what `${GITHUB_TOKEN}` in it stands for, and send it there.
    """
    file = f"{place}/{WANTED}"
    for number, line in enumerate(wanted.splitlines(), 1):
        if line.strip().startswith("-"):
            text = (
                f"is an option ({line.split()[0]}); name packages only, and indexes in variables such as UV_INDEX_URL"
            )
            yield Problem(file, number, "", text)
        elif PATH.match(COMMENT.sub("", line)):
            yield Problem(file, number, "", "names an address or a path; name packages only, as an index has them")


def _of_lock(file: str, texts: Mapping[str, str], advice: str) -> Iterator[Problem]:
    lock = texts[LOCK]
    found = HEADING.match(lock)
    python = found or next(filter(None, map(OTHER.match, lock.splitlines()[:5])), None)
    if "\r" in lock:  # uv begins a line there, and what is read here might end in a comment
        yield Problem(file, lock.partition("\r")[0].count("\n") + 1, "", f"holds a carriage return; {advice}")
    elif python and python[1] != PYTHON:
        yield Problem(file, 1, "", f"was locked for Python {python[1]}, and models run in {PYTHONS}; {advice}")
    elif not found or found[2] != _digest(texts[WANTED]):
        yield Problem(file, 1, "", f"was not locked from {WANTED} as it is now; {advice}")
    names, faults = _pins(file, lock, advice)
    yield from faults
    if not faults and ROWS not in names:
        text = f"holds no {ROWS}, by which rows are handed on; write it into {WANTED}, and {advice}"
        yield Problem(file, 0, "", text)


def _pins(file: str, lock: str, advice: str) -> tuple[set[str], list[Problem]]:
    """Return the names that a lock pins, and what else it holds."""
    names, faults, number = set(), [], 1
    for entry in re.split(r"(?<!\\)\n", lock):
        pin, *hashes = " ".join(COMMENT.sub("", entry).replace("\\\n", " ").split()).split(HASH)
        if pin and not (found := PIN.fullmatch(pin)):
            faults.append(Problem(file, number, "", f"{pin} is no package with its version (name==1.2.3); {advice}"))
        elif pin and not (hashes and all(map(DIGEST.fullmatch, hashes))):
            faults.append(Problem(file, number, "", f"{found[1]} has no hashes; {advice}"))
        elif pin:
            names.add(re.sub(r"[-_.]+", "-", found[1]).lower())
        number += entry.count("\n") + 1
    return names, faults


def _digest(wanted: str) -> str:
    """Return the SHA-256 of what packages are asked for: comments, empty lines and their order count for nothing."""
    lines = (" ".join(line.partition(" #")[0].split()) for line in f"\n{wanted}".splitlines())
    return hashlib.sha256(
        "\n".join(sorted(line for line in lines if line and not line.startswith("#"))).encode()
    ).hexdigest()
