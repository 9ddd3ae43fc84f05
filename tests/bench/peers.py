"""Environments of what this repository is measured beside, from their own locked requirements."""

import os
import subprocess
import sys
from pathlib import Path

from servers import ROOT


def environment(name: str, root: Path) -> Path:
    """Make a peer's environment, once where tox gives a folder that stays; return it."""
    folder = Path(os.environ.get("TOX_WORK_DIR", root)) / f"{name}-environment"
    python = ["--python", str(folder / "bin/python")]
    if not (folder / "bin/python").exists():
        subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, folder], check=True)
    locked = str(ROOT / f"requirements/{name}.txt")
    subprocess.run(["uv", "pip", "install", "--quiet", *python, "--requirements", locked], check=True)
    return folder
