"""Documents written wrong and bytes that went bad, and the problems that `validate` tells of documents."""

from pathlib import Path

import pytest

from registry.checks import consistency
from registry.errors import RegistryError


def environment(takes_from: str = "releases", path: str = "deployments/one") -> str:
    return f"description: d\ntakes_from: {takes_from}\ntarget:\n  type: directory\n  path: {path}\n"


def write(root: Path, file: str, text: str) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(text, "utf-8")


def replace(root: Path, file: str, old: str, new: str) -> None:
    text = (root / file).read_text("utf-8")
    assert old in text
    (root / file).write_text(text.replace(old, new), "utf-8")


def damaged(raw: bytes) -> bytes:
    """Return bytes of which the last one is another, whatever it was; damaged once more, they are not as before."""
    return raw[:-1] + bytes([(raw[-1] + 1) % 256])


def said(root: Path) -> list[str]:
    """Return the problems that `validate` tells, sorted, each once."""
    with pytest.raises(RegistryError) as error:
        consistency.validate(root, [])
    return [str(problem) for problem in sorted(set(error.value.problems))]
