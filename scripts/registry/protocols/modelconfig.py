"""TensorFlow Serving's model config file: which versions of which models it loads, and their labels. Pure.

A ModelServerConfig in protobuf's text format, in ASCII: https://www.tensorflow.org/tfx/serving/serving_config
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

OWNER = re.compile(r"# (\S+) of ([0-9a-f]+): written by deploy, which undoes what others change\n")
NAME = re.compile(r"""\bname\s*:\s*(["'])(.*?)\1""")
NOTHING = re.compile(r"(?:\s+|#.*(?:\n|$)|model_config_list\s*:?\s*\{\s*\})*+")


@dataclass(frozen=True)
class Entry:
    """A model of the file: its folder as the server sees it, the versions to load, and the version of each label."""

    name: str
    folder: str
    versions: tuple[int, ...]
    labels: Mapping[str, int]

    def __str__(self) -> str:
        """Return the lines of the file that are about it."""
        versions = "".join(f"        versions: {one}\n" for one in self.versions)
        labels = "".join(f"    version_labels {{\n      key: {_quoted(label)}\n      value: {one}\n    }}\n"
                         for label, one in sorted(self.labels.items()))  # fmt: skip
        return (
            f"  config {{\n    name: {_quoted(self.name)}\n    base_path: {_quoted(self.folder)}\n"
            f'    model_platform: "tensorflow"\n    model_version_policy {{\n      specific {{\n{versions}      }}\n    }}\n'
            f"{labels}  }}\n"
        )


def write(environment: str, repository: str, entries: Iterable[Entry]) -> str:
    """Return the file of an environment. With no model it unloads all: an empty file would be passed over."""
    head = f"# {environment} of {repository}: written by deploy, which undoes what others change\n"
    return f"{head}model_config_list {{\n{''.join(map(str, entries))}}}\n"


def owner(text: str) -> tuple[str, str] | None:
    """Return the environment and the repository that a file was written for, None where deploy did not write it."""
    found = OWNER.match(text)
    return (found[1], found[2]) if found else None


def is_empty(text: str) -> bool:
    """Say whether a file names no model, as one that was made so that the server can start."""
    return NOTHING.fullmatch(text) is not None


def names(text: str) -> set[str]:
    """Return the models that a file names, whoever wrote it."""
    return {name for _, name in NAME.findall(text)}


def _quoted(text: str) -> str:
    """Return a text in quotes; what is not plain goes as bytes in octal, as text format has them."""
    plain = (
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}"
        for byte in text.encode("utf-8", "surrogateescape")
    )
    return f'"{"".join(plain)}"'
