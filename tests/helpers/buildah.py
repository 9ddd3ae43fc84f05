"""Images built by buildah without a daemon or a registry: on a base that debootstrap makes in place of the pinned one."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from platformdirs import user_cache_path
from servers import ROOT

DOCKERFILE = ROOT / ".devcontainer/Dockerfile"
(SUITE,) = re.findall(r"^FROM python:\S+-slim-(\w+)@", DOCKERFILE.read_text("utf-8"), re.MULTILINE)
PACKAGES = "ca-certificates,git,python3,python3-venv"
BASE = "localhost/base"
SETTINGS = "cert", "extra-index-url", "index-url", "timeout"
CERTIFICATES = "/run/secrets/certificates"


def run(*command: str | Path) -> str:
    """Run a command; return what it prints, or fail with all it said."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-5000:]}{done.stderr[-5000:]}"
    return done.stdout.strip()


class Buildah:
    """Buildah with a store of its own, which holds the base: each step runs in a chroot, as root, with no more."""

    def __init__(self, folder: Path) -> None:
        missing = [name for name in ("buildah", "debootstrap") if shutil.which(name) is None]
        assert not missing and os.getuid() == 0, f"this needs root, and of Debian's packages {missing or 'no more'}"
        self._store = "--root", f"{folder}/root", "--runroot", f"{folder}/run", "--storage-driver", "vfs"
        self._secrets = secrets(folder)
        name = self("from", "scratch")
        self("add", "--quiet", name, debian(), "/")
        self("commit", "--quiet", "--rm", name, BASE)

    def __call__(self, verb: str, *more: str | Path) -> str:
        return run(*self.words(verb, *more))

    def words(self, verb: str, *more: str | Path) -> list[str]:
        isolated = ["--isolation", "chroot"] * (verb in ("build", "run"))
        return ["buildah", *self._store, verb, *isolated, *map(str, more)]

    def build(self, target: str) -> dict:
        """Build a stage of the Dockerfile; return how its image is to be run."""
        words = "--from", BASE, "--target", target, "--format", "docker", "--file", DOCKERFILE, "--tag", target
        self("build", "--quiet", *self._secrets, *words, ROOT)
        return json.loads(self("inspect", "--type", "image", target))["Docker"]["config"]


def debian() -> Path:
    """Return an archive of a small Debian of the pinned base's suite, made once and kept in the user's cache."""
    archive = user_cache_path("model-registry") / f"containers/{SUITE}-{PACKAGES}.tar"
    if not archive.exists():
        new = archive.with_suffix(".new")
        new.parent.mkdir(parents=True, exist_ok=True)
        run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, new)
        run("tar", "--create", "--one-file-system", "--exclude=./dev/*", f"--file={new}.tar", f"--directory={new}", ".")
        shutil.rmtree(new)
        Path(f"{new}.tar").rename(archive)
    return archive


def secrets(folder: Path) -> list[str]:
    """Return the options that hand this machine's settings of pip to a build, and the certificates that they name."""
    listed = re.findall(r"^\S+\.([\w-]+)='(.*)'$", run("pip", "config", "list"), re.MULTILINE)
    settings = {name: value for name, value in listed if name in SETTINGS}
    given = [f"--secret=id=certificates,src={settings['cert']}"] if "cert" in settings else []
    settings |= {"cert": CERTIFICATES} if given else {}
    (folder / "pip.conf").write_text("".join(["[global]\n", *(f"{name} = {settings[name]}\n" for name in settings)]))
    return [*given, f"--secret=id=pip,src={folder}/pip.conf"]
