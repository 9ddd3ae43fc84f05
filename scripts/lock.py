"""Renew requirements/*.txt from requirements/*.in: every version with its hashes."""

import subprocess
from pathlib import Path

from registry import console
from registry.errors import refuse

# Python 3.11 is the floor; --universal makes the result hold above it and on every system.
COMPILE = ["uv", "pip", "compile", "--quiet", "--upgrade", "--universal", "--python-version=3.11"]
FORMAT = ["--generate-hashes", "--no-header", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate"]
ALONE = {"train", "lock", "gto", "mlserver", "tox", "workflows"}
CONSTRAINED = {
    "serve",
    "base",
    "test",
    "build",
    "tune",
}  # share an environment with train, so they keep to its versions


def main() -> None:
    console.parser(f"{__doc__}\nRuns uv, which `tox run -e lock` brings.", "tox run -e lock").parse_args()
    for name in sorted(ALONE) + sorted(CONSTRAINED):
        constraint = ["--constraint=requirements/train.txt"] if name in CONSTRAINED else []
        target = Path("requirements", f"{name}.txt")
        run([*COMPILE, *FORMAT, *constraint, str(target.with_suffix(".in")), f"--output-file={target}"])
        console.say(f"{target}: {sum(line[:1].isalpha() for line in target.read_text().splitlines())} packages")
    console.say("look at the change with `git diff requirements`, then run `tox`")


def run(command: list[str]) -> None:
    try:
        done = subprocess.run(command)
    except FileNotFoundError as error:
        raise refuse("uv", "is not installed here; run `tox run -e lock`, which brings it") from error
    if done.returncode:
        raise refuse(command[-2], "can't be locked; uv says why above")


if __name__ == "__main__":
    console.run(main)
