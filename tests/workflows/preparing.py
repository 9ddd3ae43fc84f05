"""What the jobs of a run share: one Python with tox, and one folder of tox environments.

They are made before the first run that needs them, so that no job has to wait, and no two make one at once. They stay
for later runs; tox makes an environment anew when its requirements change.
"""

import fcntl
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

from hub.git import Git

HOME = Path(os.environ.get("ENGINE_HOME", Path(tempfile.gettempdir(), "engine"))).absolute()
PYTHON, TOX, BRISK = HOME / "python", HOME / "tox", HOME / "brisk"
PATH = f"{BRISK}{os.pathsep}{PYTHON / 'bin'}"
INSTALL = "-m pip install --require-hashes --requirement requirements/tox.txt"
# Each job installs tox first, which takes pip longer than most verbs, only to find that all of it is there.
BRISKLY = """\
#!/bin/sh
if [ "$*" = "{install}" ] && cmp -s requirements/tox.txt {installed}; then
    exit 0
fi
exec {python} "$@"
"""
VERB = re.compile(r"tox run -e (\S+)")
DONE: set[tuple] = set()


def prepare(git: Git, sha: str, workflow: str) -> None:
    """Make what a workflow file of a commit needs."""
    names = {name.replace('"$VERB"', "deploy") for name in VERB.findall(workflow)}
    ini = git.text("show", f"{sha}:tox.ini")
    asked = git.resolve(f"{sha}:tox.ini", "blob"), git.resolve(f"{sha}:requirements", "tree")
    known = sorted(name for name in names if f"[testenv:{name}" in ini and (*asked, name) not in DONE)
    if not known and asked in DONE:
        return
    with one_at_a_time(), tempfile.TemporaryDirectory() as folder:
        files = io.BytesIO(git.raw("archive", sha, "tox.ini", "requirements"))
        tarfile.open(fileobj=files).extractall(folder, filter="data")
        if not PYTHON.exists():
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", PYTHON], check=True)
            _give_pip(PYTHON)
        if asked not in DONE:
            _python(folder, *INSTALL.split())
            _brisk(Path(folder, "requirements/tox.txt"))
        if known:
            _python(folder, "-m", "tox", "run", "--notest", "-e", ",".join(known))
    DONE.update({asked, *((*asked, name) for name in known)})


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let other processes that run tests wait, while this one makes what all of them use."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _give_pip(python: Path) -> None:
    """Put the pip of these tests into a Python: setup-python brings the newest, a venv one that takes longer."""
    pip = distribution("pip")
    (packages,) = python.glob("lib/*/site-packages")
    for name in {Path(file).parts[0] for file in pip.files if ".." not in Path(file).parts}:
        shutil.copytree(pip.locate_file(name), packages / name)


def _brisk(installed: Path) -> None:
    """Let jobs find a `python` that knows what was just installed, and leaves all else to the one that it stands before."""
    BRISK.mkdir(exist_ok=True)
    kept, python, made = BRISK / installed.name, BRISK / "python", BRISK / "python.new"
    shutil.copy(installed, kept)
    words = {"installed": shlex.quote(str(kept)), "python": shlex.quote(str(PYTHON / "bin/python"))}
    made.write_text(BRISKLY.format(install=INSTALL, **words))
    made.chmod(0o755)
    made.rename(python)  # in one step: jobs of other tests may run it


def _python(folder: str, *words: str) -> None:
    environment = os.environ | {"TOX_WORK_DIR": str(TOX)}
    command = [PYTHON / "bin/python", *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
