"""The template's repository: its versions, fetched by Git, and held against digests, signatures and what was seen before."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from registry import git, versions
from registry.commits import revisions
from registry.errors import RegistryError, one_line, refuse
from registry.upgrading import extent, template
from registry.upgrading.extent import RECORD, Entry, Nearest
from registry.upgrading.template import Record

SEEN = "refs/template/"  # beside branches and tags, so that nothing pushes them and the team's own tags stay apart
SIGNERS = ".github/allowed_signers"
PASSWORD = re.compile(r"https?://[^/]*@|[\w+.-]+://[^/@]*:[^/]*@", re.IGNORECASE)  # over HTTP a name may be a token
TAG = re.compile(r"refs/tags/v(\S+)")
DISTRUST = "don't trust it, and tell who made it"
BEGIN, SSH = "-----BEGIN ", "-----BEGIN SSH SIGNATURE-----"
MOVED = "names another object than this clone got before: somebody moved it; ask who made it, and only then run"


@dataclass(frozen=True)
class Release:
    """A version of the template that is here, and is what its record says; `signature` begins that of its tag."""

    version: str
    commit: str
    record: Record
    tree: dict[str, Entry]
    signature: str | None

    @property
    def is_signed(self) -> bool:
        """Whether its tag has a signature, which need not hold."""
        return self.signature is not None

    @property
    def told(self) -> str:
        """What it is, for people: version, commit, digest, signature."""
        signed = "signed" if self.is_signed else "not signed"
        return f"{self.version}, commit {self.commit[:12]}, sha256 {self.record.sha256}, {signed}"


def offered(root: Path, address: str) -> dict[str, str]:
    """Return the versions that a template's repository has, and the object of each one's tag; oldest first."""
    if PASSWORD.match(address):
        raise refuse(
            "--template", "holds a name or a password, which would be shown; let Git's credential helper know it"
        )
    try:
        listed = git.lines(root, "ls-remote", "--tags", "--refs", "--", address, "v*", within=git.unattended())
    except RegistryError as error:
        text = (
            f"can't be asked for its versions ({error.problems[0].text}), so whether there is a newer one is not known"
        )
        raise refuse(
            one_line(address),
            f"{text}; get online, let Git know how to log in, or name its address: `--template ADDRESS`",
        ) from error
    refs = [line.split("\t", 1) for line in listed]
    named = ((match[1], name) for name, ref in refs if (match := TAG.fullmatch(ref)))
    found = {version: name for version, name in named if versions.fault(version) is None}
    return {version: found[version] for version in sorted(found, key=versions.parse)}


def fetch(root: Path, address: str, version: str, name: str) -> None:
    """Bring a version with its history; raise RegistryError where its tag is not the object that it was before."""
    ref, tag = f"{SEEN}v{version}", f"refs/tags/v{version}"
    before = git.objects(root, [ref])[0]
    if before not in (None, name):
        raise refuse(f"v{version}", f"{MOVED} `git update-ref -d {ref}`")
    plain = ("--quiet", "--no-tags", "--no-prune", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap=")
    git.run(root, "fetch", *plain, "--", address, f"{tag}:{ref}", within=git.unattended())


def release(root: Path, version: str) -> Release:
    """Return a version that was fetched; raise RegistryError where it is not what its tag and its record say."""
    ref = f"{SEEN}v{version}"
    head = git.run(root, "cat-file", "-p", ref).split("\n") if _kind(root, ref) == "tag" else []
    if f"tag v{version}" not in head or "type commit" not in head:
        raise refuse(
            f"v{version}", "is no annotated tag of that name on a commit, as a release of the template makes it"
        )
    commit = git.resolve(root, ref) or ""
    record = template.read(root, commit)
    if record is None:
        raise refuse(f"v{version}", f"has no {RECORD}, so it is no version to upgrade to; choose a later one")
    tree = entries(root, commit)
    found = digest(root, tree)
    if (record.version, record.sha256) != (version, found) or template.sealed(found) not in head:
        text = f"is not what its tag and its {RECORD} say: {record.version}, sha256 {record.sha256}; it has {found}"
        raise refuse(f"v{version}", f"{text}; {DISTRUST}")
    begun = [line for line in head if line.startswith(BEGIN)]  # of several Git goes by the last
    return Release(version, commit, record, tree, begun[-1] if begun else None)


def check_signature(root: Path, release: Release, signers: bytes | None) -> None:
    """Raise RegistryError where a version's signature does not hold, or where it has to have one and has none.

    `signers` are the keys that may sign it, as SSH lists them; without these a person's own settings tell.
    """
    tag = f"v{release.version}"
    if not release.is_signed:
        if signers is None:
            return
        raise refuse(tag, f"is not signed, and {SIGNERS} names who signs; {DISTRUST}")
    if signers is not None and release.signature != SSH:
        raise refuse(tag, f"is signed by no SSH key, and {SIGNERS} names those that sign; {DISTRUST}")
    with tempfile.NamedTemporaryFile() as file:
        file.write(signers or b"")
        file.flush()
        own = {} if signers is None else git.settings({"gpg.ssh.allowedSignersFile": file.name})
        try:
            git.run(root, "verify-tag", git.objects(root, [f"{SEEN}{tag}"])[0] or "", within=own)
        except RegistryError as error:
            text = f"is signed, and Git can't tell by whom: {error.problems[0].text}"
            advice = f"name the key in {SIGNERS} (SSH) or import it (GPG), once you know whose it is"
            raise refuse(tag, f"{text}; {advice}") from error


def digest(root: Path, tree: dict[str, Entry]) -> str:
    """Return the digest of the template's files in a tree that is here."""
    counted = extent.counted(tree)
    blobs = sorted({entry.blob for entry in counted.values() if entry.mode != "160000"})
    contents = dict(zip(blobs, git.read(root, blobs), strict=True))
    return extent.digest(
        tree, {entry.blob: contents.get(entry.blob, entry.blob.encode()) for entry in counted.values()}
    )


def entries(root: Path, revision: str) -> dict[str, Entry]:
    """Return the files of a commit: path from the top -> entry."""
    return {path: Entry(mode, blob) for path, mode, _, blob in git.ls_tree(root, "-r", revision)}


def nearest(root: Path, ours: dict[str, Entry], commit: str, since: str | None = None) -> Nearest | None:
    """Return what was main, by first parent, up to a commit of the template, when it was most like a team's tree.

    It is not looked for before `since`, which may be no commit of main, as that of a branch for mends: it is alone then.
    """
    commits = revisions.past(root, f"{since}..{commit}" if since else commit, ".", is_whole=True)[::-1]
    found: dict[str, dict[str, str | None]] = {}
    if since:
        found[since] = {
            path: entry.blob for path, entry in entries(root, since).items() if entry.mode.startswith("100")
        }
        commits = commits if commits and git.resolve(root, f"{commits[0].sha}^") == since else []
    found |= {one.sha: dict(one.changes) for one in commits}
    return extent.nearest(ours, found.items())


def first_with(root: Path, path: str, blob: str, commit: str) -> str | None:
    """Return the commit, by first parent up to one, that brought a file as it is in a blob; None where none did."""
    commits = git.run(root, "rev-list", "--first-parent", commit, "--", path).split()
    found = git.objects(root, [f"{one}:{path}" for one in commits])
    return next((one for one, there in zip(commits, found, strict=True) if there == blob), None)


def _kind(root: Path, ref: str) -> str:
    return git.run(root, "cat-file", "-t", ref).strip()
