"""A small template with versions, a team's repository that was made from one of them, and tox with this Python."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import forks
import registries
from registries import commit, git

ADDRESS = "https://github.com/octo/template"
LINES = [f"line {number}\n" for number in range(1, 31)]
TOX = f"""#!{sys.executable}
import configparser, shlex, subprocess, sys
ini = configparser.ConfigParser(interpolation=None)
ini.read("tox.ini")
_, *words = shlex.split(ini["testenv:" + sys.argv[3]]["commands"].replace("{{posargs}}", ""))
sys.exit(subprocess.run([sys.executable, *words]).returncode)
"""
INI = """[testenv:migrate]
commands = python scripts/migrate.py

[testenv:validate]
commands = python -c pass

[testenv:broken]
commands = python -c "raise SystemExit(3)"

[testenv:fast]
commands = python tests/run.py
"""


def text(**changed: str) -> str:
    """Return thirty lines, some of them others: `text(line_3="…")`."""
    return "".join(f"{changed.get(line.strip().replace(' ', '_'), line.strip())}\n" for line in LINES)


FIRST: dict[str, str | bytes | None] = {
    ".gitattributes": "* text=auto eol=lf\n", ".github/workflows/check.yml": text(), ".github/CODEOWNERS": text(),
    "LICENSE": "anybody may\n", "README.md": text(), "environments/README.md": text(), "environments/staging.yaml": text(),
    "models/README.md": text(), "models/digits/model.yaml": text(), "requirements/base.txt": text(),
    ".github/pictures/one.png": b"\0\1", ".github/pictures/two.png": b"\0\1", "scripts/gone.py": "gone\n", "scripts/migrate.py": "", "scripts/moved.py": text(), "scripts/verb.py": text(),
    "tests/run.py": "print('tried')\n", "tests/picture": b"\0\1\2",
    "tests/rooms/one.py": text(), "tests/rooms/two.py": text(line_1="two"), "tox.ini": INI,
}  # fmt: skip
SECOND: dict[str, str | bytes | None] = {
    ".github/pictures/one.png": b"\0\2", ".github/pictures/two.png": b"\0\2",
    ".github/workflows/check.yml": text(line_3="newer 3"), "README.md": text(line_3="newer 3"),
    "environments/README.md": text(line_3="newer 3"), "environments/staging.yaml": text(line_3="newer 3"),
    "models/README.md": text(line_3="newer 3"), "models/digits/model.yaml": text(line_3="newer 3"),
    "models/flowers/model.yaml": text(), "requirements/base.txt": text(line_3="newer 3"), "scripts/gone.py": None,
    "scripts/moved.py": None, "scripts/registry/moved.py": text(line_3="newer 3"),
    "scripts/verb.py": text(line_3="newer 3"), "tests/picture": b"\0\1\3", "tests/new.py": "new\n",
    "tests/rooms/one.py": None, "tests/rooms/two.py": None, "tests/chambers/one.py": text(),
    "tests/chambers/two.py": text(line_1="two"),
}  # fmt: skip


def tox(folder: Path) -> str:
    """Return a PATH on which tox runs what tox.ini says with this Python, and installs nothing."""
    program = folder / "bin/tox"
    program.parent.mkdir(parents=True)
    program.write_text(TOX)
    program.chmod(0o755)
    return f"{program.parent}:{registries.ENVIRONMENT['PATH']}"


def write(root: Path, changes: Mapping[str, str | bytes | None]) -> None:
    """Write files, or take away those that are None; commit all there is."""
    for path, content in changes.items():
        if content is None:
            (root / path).unlink()
            continue
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    commit(root)


def release(root: Path, version: str) -> None:
    """Release what is committed as a version of the template."""
    for _ in range(2):
        forks.verb(root, "upgrade", "--release", version, "--template", ADDRESS)
        if git(root, "status", "--porcelain"):
            commit(root)


def template(root: Path) -> Path:
    """Make `root` a template with the versions 1.0.0 and 1.1.0."""
    root.mkdir(parents=True)
    git(root, "init", "--quiet", "--initial-branch=main", ".")
    for version, changes in (("1.0.0", FIRST), ("1.1.0", SECOND)):
        write(root, changes)
        release(root, version)
    return root


def made_from(source: Path, revision: str, root: Path) -> Path:
    """Make `root` a repository as “Use this template” does: what a commit holds, and none of its history."""
    root.mkdir(parents=True)
    git(root, "init", "--quiet", "--initial-branch=main", ".")
    git(source, "archive", f"--output={root}/all.tar", revision)
    shutil.unpack_archive(root / "all.tar", root)
    (root / "all.tar").unlink()
    commit(root)
    return root
