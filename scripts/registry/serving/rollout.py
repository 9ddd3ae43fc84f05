"""A rollout: a version that is tried beside the one that is settled, and which of them answers a request."""

import errno
import hashlib
import os
import random
import stat
from dataclasses import dataclass
from pathlib import Path

import orjson

from registry.running.supervision import Served
from registry.serving.layout import LARGEST

MOST = 4096  # bytes
ID = b"x-request-id"
PASSING = {errno.ENOENT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.ESTALE, errno.EINTR}
STABLE, CANARY = "stable", "canary"


@dataclass(frozen=True)
class Rollout:
    """What rollout.json says: the settled version, which one is tried, and what share of the requests that takes.

    In the shadow it takes none, and gets copies of them all; else of as large a share as it answers. Where none is tried
    the settled version answers, whatever its number.
    """

    stable: int
    trial: int | None = None
    share: float = 0.0
    shadow: bool = False

    def __str__(self) -> str:
        if self.trial is None:
            return f"{self.stable} answers, whatever lies beside it"
        how = "with copies" if self.shadow else f"for {self.share * 100:.4g}%"
        return f"{self.trial} is tried beside {self.stable}, {how} of the requests that name no version"

    @property
    def taken(self) -> float:
        """The share of requests that the trial takes."""
        return 0.0 if self.shadow else self.share

    @property
    def copied(self) -> float:
        """The share of the requests answered by the settled version that the trial gets copies of."""
        return 1.0 if self.shadow else self.share


@dataclass(frozen=True)
class Tried:
    """Both versions of a rollout, in memory."""

    rollout: Rollout
    stable: Served
    trial: Served

    def choose(self, headers: dict[bytes, bytes]) -> Served:
        """Return who answers a request: the same for each with one id, whatever process or server it comes to."""
        takes = place(self.trial, headers[ID]) if headers.get(ID) else random.random()
        return self.trial if takes < self.rollout.taken and not self.trial.fault else self.stable

    def copies(self, answered: Served) -> bool:
        """Say whether the trial gets a copy of a request that somebody answered."""
        return answered is self.stable and not self.trial.fault and random.random() < self.rollout.copied


def place(trial: Served, id: bytes) -> float:
    """Return where a request stands, from 0 to 1: otherwise for each trial, so that the first is not always the same."""
    words = b"\0".join([trial.model.encode("utf-8", "surrogateescape"), b"%d" % trial.number, id])
    return int.from_bytes(hashlib.blake2b(words, digest_size=8).digest()) / 2**64


def read(file: Path) -> Rollout:
    """Return what a file says; raise ValueError with what is wrong with it, OSError where it can't be read just now."""
    try:
        document = orjson.loads(_content(file))
    except orjson.JSONDecodeError as error:
        raise ValueError(f"is no JSON: {error}") from error
    if type(document) is not dict:
        raise ValueError("is no JSON object")
    stable = _number(document, "stable")
    if "trial" not in document:
        return Rollout(stable)
    trial = _number(document, "trial")
    if stable == trial:
        raise ValueError(f"stable and trial are both {stable}")
    share, shadow = document.get("share"), document.get("shadow", False)
    if type(share) not in (int, float) or not 0 <= share <= 1:
        raise ValueError("share is no number from 0 to 1")
    if type(shadow) is not bool:
        raise ValueError("shadow is neither true nor false")
    return Rollout(stable, trial, float(share), shadow)


def _content(file: Path) -> bytes:
    """Return a file's bytes; whoever put it there, a link, a pipe, or one without end holds nothing up."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in PASSING:
            raise
        raise ValueError(f"can't be read: {(error.strerror or str(error)).lower()}") from error
    with open(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("is no file")
        content = stream.read(MOST + 1)
    if len(content) > MOST:
        raise ValueError(f"is larger than {MOST} bytes")
    return content


def _number(document: dict, key: str) -> int:
    number = document.get(key)
    if type(number) is not int or not 0 <= number <= LARGEST:
        raise ValueError(f"{key} is no version; they are integers such as 1000000")
    return number
