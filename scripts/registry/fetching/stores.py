"""Files in stores of objects, which fsspec fetches in a Python that has it."""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from registry.errors import refuse

BROUGHT_BY = {"s3": "s3fs", "gs": "gcsfs", "hf": "huggingface-hub"}
FETCH = Path(__file__).with_name("remotefile.py")
OURS = re.compile(r"GITHUB_|GH_|ACTIONS_|REGISTRY_TOKEN|PYTHON")  # what opens this repository, and what changes Python
MOST = 400


def is_one(url: str) -> bool:
    """Say whether an address is of a store."""
    return urlsplit(url).scheme in BROUGHT_BY


def brought_by(url: str) -> str:
    """Return the package by which fsspec knows an address."""
    return BROUGHT_BY[urlsplit(url).scheme]


def fetch(url: str, path: Path, python: Path) -> None:
    """Write what lies at an address; keys of the store are found as its library finds them.

    Raises RegistryError when it can't be fetched.
    """
    variables = {name: value for name, value in os.environ.items() if not OURS.match(name)}
    command = [str(python), "-P", "-s", str(FETCH), url, str(path)]
    done = subprocess.run(command, env=variables, cwd=path.parent, capture_output=True, text=True)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise refuse("", f"can't be fetched: {why[:MOST]}")
