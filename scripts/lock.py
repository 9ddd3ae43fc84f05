"""Renew requirements/*.txt from requirements/*.in, or a model's own from its own: every version with its hashes."""

import subprocess
import tempfile
from pathlib import Path

from registry import console, files, git
from registry.errors import did_you_mean, raise_all, refuse
from registry.specs import requirements

# --universal makes the result hold above the lowest Python and on every system.
COMPILE = ["uv", "pip", "compile", "--quiet", "--upgrade", "--universal", f"--python-version={requirements.PYTHON}"]
FORMAT = ["--generate-hashes", "--no-header", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate"]
WHEELS = "--only-binary=:all:"  # what a source package runs to be installed, no digest covers
ALONE = {"cluster", "train", "lock", "gto", "mlserver", "tox", "workflows"}
# These share an environment with train, so they keep to its versions.
CONSTRAINED = {"base", "build", "kubernetes", "serve", "test", "tune"}


def main() -> None:
    parser = console.parser(f"{__doc__}\nRuns uv, which `tox run -e lock` brings.", "tox run -e lock -- digits")
    parser.add_argument("models", nargs="*", metavar="MODEL", help="only renew the packages of these models")
    options = parser.parse_args()
    root = git.root()
    if options.models:
        for name in options.models:
            lock_model(root, name)
        console.say(f"next: `tox run -e validate -- {' '.join(options.models)}`")
        return
    for name in sorted(ALONE) + sorted(CONSTRAINED):
        constraint = ["--constraint=requirements/train.txt"] if name in CONSTRAINED else []
        target = root / f"requirements/{name}.txt"
        compile_to(root, target, [*constraint, f"--output-file={target}"])
        speak(root, target)
    console.say("look at the change with `git diff requirements`, then run `tox`")


def lock_model(root: Path, name: str) -> None:
    """Put the versions of what a model asks for in place of those it had; nothing is installed."""
    place = f"models/{name}"
    wanted, target = root / place / requirements.WANTED, root / place / requirements.LOCK
    if not wanted.parent.is_dir():
        known = [spec.parent.name for spec in root.glob("models/*/model.yaml")]
        raise refuse(place, f"does not exist; {did_you_mean(name, known)}")
    if not wanted.is_file():
        text = "is not there; name in it the packages that data.py and model.py need, one a line"
        raise refuse(f"{place}/{requirements.WANTED}", text)
    text = wanted.read_text("utf-8")
    raise_all(list(requirements.wishes(place, text)))
    with tempfile.TemporaryDirectory() as scratch:
        found = Path(scratch, requirements.LOCK)
        compile_to(root, target, [WHEELS, f"--output-file={found}"])
        files.write(target, requirements.locked(place, text, found.read_text("utf-8")))
    speak(root, target)


def compile_to(root: Path, target: Path, words: list[str]) -> None:
    """Let uv find versions for what stands in the `.in` beside a target."""
    wanted = target.with_suffix(".in").relative_to(root)
    try:
        done = subprocess.run([*COMPILE, *FORMAT, *words, str(wanted)], cwd=root)
    except FileNotFoundError as error:
        raise refuse("uv", "is not installed here; run `tox run -e lock`, which brings it") from error
    if done.returncode:
        raise refuse(str(wanted), "can't be locked; uv says why above")


def speak(root: Path, target: Path) -> None:
    count = sum(line[:1].isalnum() for line in target.read_text("utf-8").splitlines())
    console.say(f"{target.relative_to(root)}: {console.count(count, 'package')}")


if __name__ == "__main__":
    console.run(main)
