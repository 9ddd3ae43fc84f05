"""What lies on the disk, as Git holds it: what a commit of it would store, and what a fresh clone would have then."""

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from registry import git, lfs

LINK, REPOSITORY = "120000", "160000"
HIDDEN = {"h": "assume-unchanged", "S": "skip-worktree", "s": "skip-worktree"}
OFF = {"unspecified", "unset"}
CONVERTING = ("filter", "ident", "working-tree-encoding")
PIECE = 1024 * 1024
# A clone takes over a repository's attributes, and nothing of what a person has set on a machine.
NOBODYS = git.settings({"core.attributesFile": "", "core.autocrlf": "false", "core.eol": "lf"}, besides={}) | {
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_PARAMETERS": "", "GIT_ATTR_NOSYSTEM": "1",
}  # fmt: skip


class Entry(NamedTuple):
    """A file that Git knows, or would take: its mode ("" while it is new), and the blob that a commit would hold.

    There is no blob yet where the disk has something new; `hidden` names the flag by which Git does not look there.
    """

    mode: str
    blob: str | None
    hidden: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the disk may have another kind of thing than the mode says: Git found news, or did not look."""
        return self.blob is None or self.hidden is not None


Entries = dict[str, Entry]


class Held(NamedTuple):
    """A file as a commit holds it: the SHA-256 of what is stored; what is stored, and what a clone has, if not this.

    `is_pointer` says that what lies here is a pointer of Git LFS.
    """

    sha256: str
    is_pointer: bool
    stored: bytes | None = None
    cloned: bytes | None = None

    @property
    def is_kept_by_lfs(self) -> bool:
        """Whether what a commit stores is a pointer."""
        return self.is_pointer if self.stored is None else lfs.target(self.stored) is not None


def entries(root: Path, *folders: str) -> Entries:
    """Return the files below some folders that a commit of all there is would hold: path from the top -> entry."""
    kinds = ("--stage", "--others", "--modified", "--deleted")
    listed = git.run(root, "ls-files", "-v", *kinds, "--exclude-standard", "-z", "--", *folders)
    found: Entries = {}
    for word in listed.split("\0")[:-1]:
        letter, fact = word[0], word[2:]
        if letter == "?":
            found[fact.removesuffix("/")] = Entry(REPOSITORY if fact.endswith("/") else "", None)
            continue
        facts, path = fact.split("\t", 1)
        mode, blob, stage = facts.split(" ")
        if letter == "R":
            del found[path]
        elif letter == "C" and path in found:
            found[path] = Entry(mode, None)
        elif letter not in "Crc":
            found[path] = Entry(mode, blob if stage == "0" else None, HIDDEN.get(letter))
    return found


def held(root: Path, known: Entries, paths: Iterable[str]) -> dict[str, Held]:
    """Return how a commit holds files; those that went meanwhile are left out."""
    found, unlike = {}, []
    for path, asked in attributes(root, paths).items():
        raw = _read(os.path.join(root, path))
        if raw is None and known[path].hidden is None:
            continue
        if raw is None or _is_special(known[path], asked) or _is_unlike(known[path], asked, raw):
            unlike.append(path)
        else:
            found[path] = Held(hashlib.sha256(raw).hexdigest(), lfs.target(raw) is not None)
    if not unlike:
        return found
    with _committed(root, known, unlike) as (stored, cloned):
        return found | {path: _held(root / path, stored / path, cloned / path) for path in unlike}


@contextmanager
def cloned(root: Path, known: Entries, paths: Iterable[str]) -> Iterator[dict[str, Path]]:
    """Yield for each file one with the bytes that a clone has: itself, or a copy that lives as long as the block.

    A file of Git LFS is itself: a clone has what it points to, or is.
    """
    asked = attributes(root, paths)
    unlike = [path for path in asked if _is_large_unlike(root / path, known[path], asked[path])]
    with _committed(root, known, unlike) as (_, folder):
        yield {path: root / path for path in asked} | {path: folder / path for path in unlike}


def write_as_cloned(root: Path, source: Path, path: str, place: Path) -> None:
    """Write to a place what a clone would have at a path, if a file's bytes were committed there."""
    import tempfile

    from registry import files

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if attributes(root, [path])[path]["filter"] == "lfs":
            files.copy(source, place)
            return
        within = _beside(root, folder)
        words = ("hash-object", "-w", f"--path={path}", "--", str(source.absolute()))
        _check_out(root, folder, {path: git.run(root, *words, within=within).strip()})
        files.copy(folder / "cloned" / path, place)


def attributes(root: Path, paths: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return what .gitattributes and the like say of files, as far as it changes bytes: path -> attribute -> value."""
    given = "".join(f"{path}\0" for path in paths)
    said = git.run(root, "check-attr", "-z", "--stdin", "text", "eol", *CONVERTING, given=given) if given else ""
    found: dict[str, dict[str, str]] = {}
    for path, name, value in zip(*[iter(said.split("\0"))] * 3, strict=False):
        found.setdefault(path, {})[name] = value
    return found


def _is_special(entry: Entry, asked: dict[str, str]) -> bool:
    """Say whether a file's own bytes do not tell whether they are the ones that a commit stores, and a clone has."""
    return bool(entry.hidden) or asked["eol"] == "crlf" or any(asked[name] not in OFF for name in CONVERTING)


def _is_unlike(entry: Entry, asked: dict[str, str], raw: bytes) -> bool:
    return _has_ends([raw], asked) and not (entry.blob and _name(raw, len(entry.blob)) == entry.blob)


def _is_large_unlike(path: Path, entry: Entry, asked: dict[str, str]) -> bool:
    """Say what the two above do of a file that may be too large to be read at once."""
    if asked["filter"] == "lfs":
        return False
    return _is_special(entry, asked) or _has_ends(_pieces(path), asked)


def _has_ends(pieces: Iterable[bytes], asked: dict[str, str]) -> bool:
    """Say whether there are line ends that Git may change; it leaves bytes alone that are no text, unless told to."""
    is_told = asked["text"] == "set" or (asked["text"] == "unspecified" and asked["eol"] not in OFF)
    found = False
    for piece in pieces if asked["text"] != "unset" else ():
        if b"\0" in piece and not is_told:
            return False
        found = found or b"\r" in piece
    return found


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _name(raw: bytes, length: int) -> str:
    """Return the name that Git gives a blob, in a repository whose names have that length."""
    return hashlib.new("sha256" if length == 64 else "sha1", b"blob %d\0" % len(raw) + raw).hexdigest()


def _read(path: str) -> bytes | None:
    """Return a file's bytes; None for one that is gone, or that became a link."""
    try:
        with open(path, "rb", buffering=0, opener=_open_plainly) as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            return None
        raise


def _open_plainly(path: str, flags: int) -> int:
    """Open without following a link and without waiting for a pipe's other end."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _held(disk: Path, stored: Path, cloned: Path) -> Held:
    raw, kept, there = _read(disk), stored.read_bytes(), cloned.read_bytes()
    if raw is not None and lfs.target(there) == hashlib.sha256(raw).hexdigest():
        there = raw
    is_pointer = raw is not None and lfs.target(raw) is not None
    own = None if kept == raw else kept, None if there == raw else there
    return Held(hashlib.sha256(kept).hexdigest(), is_pointer, *own)


@contextmanager
def _committed(root: Path, known: Entries, paths: list[str]) -> Iterator[tuple[Path, Path]]:
    """Yield two folders: files as a commit of them would store them, and as a fresh clone would have them."""
    import tempfile  # what is seldom needed is not to cost each start

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if paths:
            _check_out(root, folder, _staged(root, folder, known, paths))
        yield folder / "stored", folder / "cloned"


def _beside(root: Path, folder: Path) -> dict[str, str]:
    """Return what lets Git write in a folder instead of the repository, on top of what that holds."""
    import shutil

    index, objects = git.lines(root, "rev-parse", "--git-path", "index", "--git-path", "objects")
    if (root / index).is_file():
        shutil.copy(root / index, folder / "index")
    (folder / "git/objects/info").mkdir(parents=True)
    (folder / "git/objects/info/alternates").write_text(f"{(root / objects).resolve()}\n")
    own = {"GIT_INDEX_FILE": str(folder / "index"), "GIT_OBJECT_DIRECTORY": str(folder / "git/objects")}
    settings = {"core.safecrlf": "false", "core.splitIndex": "false", "core.hooksPath": os.devnull}
    return own | {"GIT_LITERAL_PATHSPECS": "1"} | git.settings(settings)


def _staged(root: Path, folder: Path, known: Entries, paths: list[str]) -> dict[str, str]:
    """Do with files what `git add` does, beside the repository; return their blobs."""
    found = {path: known[path].blob for path in paths}
    within = _beside(root, folder)
    if new := [path for path, blob in found.items() if blob is None]:
        git.run(root, "add", "--pathspec-from-file=-", "--pathspec-file-nul", given="\0".join(new), within=within)
        for word in git.run(root, "ls-files", "--stage", "-z", within=within).split("\0")[:-1]:
            facts, path = word.split("\t", 1)
            if path in found:
                found[path] = facts.split(" ")[1]
    return found


def _check_out(root: Path, folder: Path, blobs: dict[str, str]) -> None:
    """Write blobs to `stored` as they are, and to `cloned` as a checkout with the repository's attributes does."""
    own = folder / "git"
    (own / "refs").mkdir()
    (own / "HEAD").write_text("ref: refs/heads/main\n")
    is_long = any(len(blob) == 64 for blob in blobs.values())
    extension = "[extensions]\n\tobjectFormat = sha256\n" if is_long else ""
    (own / "config").write_text(f"[core]\n\trepositoryformatversion = {int(is_long)}\n{extension}")
    listed = "".join(f"100644 {blob} 0\t{path}\0" for path, blob in blobs.items())
    here = NOBODYS | {"GIT_DIR": str(own), "GIT_INDEX_FILE": str(own / "index")}
    update = ("update-index", "-z", "--index-info")
    git.run(root, *update, given=listed, within=here | {"GIT_WORK_TREE": str(root)})
    (folder / "nothing").mkdir()
    for name, tree in ("stored", folder / "nothing"), ("cloned", root):
        words = ("checkout-index", "--all", "--quiet", f"--prefix={folder / name}/")
        git.run(tree, *words, within=here | {"GIT_WORK_TREE": str(tree)})
