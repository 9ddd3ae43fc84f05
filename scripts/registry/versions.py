"""Versions of models: three numbers, the tags that carry them, and TensorFlow Serving's integers. Pure."""

import re
from collections.abc import Container, Iterable
from functools import lru_cache

from packaging.version import Version

from registry.errors import LONGEST, one_line

PATTERN = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
LARGEST_PART = 999
LARGEST_MAJOR = (2**63 - 1) // 1_000_000 - 1


@lru_cache(maxsize=4096)
def parse(text: str) -> Version:
    """Return the version of `1.2.3`; raise ValueError for anything that is not exactly three numbers."""
    if not PATTERN.fullmatch(text) or len(text) > LONGEST:
        raise ValueError(f"{one_line(text)!r} is not a version; write three numbers such as 1.2.3")
    return Version(text)


@lru_cache(maxsize=4096)
def fault(text: str) -> str | None:
    """Say what keeps a version from being served, or None: each one must fit TensorFlow Serving's integer."""
    try:
        major, minor, patch = parse(text).release
    except ValueError as error:
        return str(error)
    if minor > LARGEST_PART or patch > LARGEST_PART:
        return f"{text} does not fit TensorFlow Serving's integer; keep the second and third number under 1000"
    if major > LARGEST_MAJOR:
        return f"{text} does not fit TensorFlow Serving's integer; keep the first number under {LARGEST_MAJOR + 1}"
    return None


def to_integer(text: str) -> int:
    """Return TensorFlow Serving's integer: 1.2.3 is 1002003."""
    major, minor, patch = parse(text).release
    return major * 1_000_000 + minor * 1_000 + patch


def from_integer(number: int) -> str:
    """Return the version of TensorFlow Serving's integer: 1002003 is 1.2.3."""
    return f"{number // 1_000_000}.{number // 1_000 % 1_000}.{number % 1_000}"


def raised(text: str) -> list[str]:
    """Return the next patch, minor and major version, as far as they can be served."""
    major, minor, patch = parse(text).release
    higher = f"{major}.{minor}.{patch + 1}", f"{major}.{minor + 1}.0", f"{major + 1}.0.0"
    return [one for one in higher if not fault(one)]


def choices(text: str, taken: Container[str] = ()) -> str:
    """Return the next versions that are not taken as people list them: `1.0.1, 1.1.0 or 2.0.0`."""
    *others, last = [one for one in raised(text) if one not in taken] or ["none"]
    return f"{', '.join(others)} or {last}" if others else last


def newest(those: Iterable[str]) -> str:
    """Return the highest of some versions."""
    return max(those, key=parse)


def free(text: str, taken: Container[str]) -> str:
    """Return the first version above another that is not taken, or `none` where none can be served any more."""
    while True:
        text = next(iter(raised(text)), "none")
        if text == "none" or text not in taken:
            return text


def next_minor(text: str, taken: Container[str] = ()) -> str:
    """Return the next minor version that is not taken, a later one where none can be served, or `none`."""
    while True:
        text = next(iter(raised(text)[1:]), "none")
        if text == "none" or text not in taken:
            return text


def tag(model: str, version: str) -> str:
    """Return the release tag, in GTO's grammar: digits@v1.0.0."""
    return f"{model}@v{version}"


def split(tag: str) -> tuple[str, str]:
    """Return the model and the version of a release tag; the version may be none that can be served."""
    model, _, version = tag.partition("@v")
    return model, version


def withdrawal_tag(model: str, version: str) -> str:
    """Return the tag that withdraws a release, in GTO's grammar: digits@v1.0.0!."""
    return f"{tag(model, version)}!"


def asset(model: str, version: str) -> str:
    """Return the artifact's file name: digits-1.0.0.tar."""
    return f"{model}-{version}.tar"
