"""Git LFS: files of which Git holds a pointer only, told from what they point to, and fetched."""

import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path

from registry import git
from registry.errors import RegistryError, refuse

POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\r?\n(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\r?\nsize \d+\s*"
)
LARGEST = 1024  # bytes, the most that a pointer has


def target(raw: bytes) -> str | None:
    """Return the SHA-256 of the file that a pointer stands for, or None where the bytes are no pointer."""
    found = POINTER.fullmatch(raw) if len(raw) <= LARGEST else None
    return found[1].decode() if found else None


def target_of(path: Path) -> str | None:
    """Return the SHA-256 of the file that a pointer on the disk stands for, or None where no pointer lies there."""
    return target(path.read_bytes()) if path.is_file() and path.stat().st_size <= LARGEST else None


def command(paths: Iterable[str]) -> str:
    """Return what to run to fetch files, as it can be pasted."""
    return f"git lfs pull {shlex.quote(f'--include={_listed(paths)}')}"


def pull(root: Path, paths: list[str]) -> None:
    """Fetch files whose pointers lie on the disk in their place; raise RegistryError when they did not come."""
    try:
        _set_up(root)
        words = ("lfs", "pull", f"--include={_listed(paths)}", "--exclude=")
        git.run(root, *words, within=git.settings(_token()))
        said = "it brought nothing; push the files from where they are: `git lfs push --all origin`"
    except RegistryError as error:
        said = " ".join(problem.text for problem in error.problems)
        if "is not a git command" in said:
            said = "git-lfs is not installed; install it and run the same command again"
    left = [path for path in paths if target_of(root / path)]
    if left:
        raise refuse(left[0], f"is a Git LFS pointer here, not the file, and `{command(left)}` failed: {said}")


def _set_up(root: Path) -> None:
    """Let this clone know the filters of Git LFS, without which what it fetches would count as changed."""
    if not git.run(root, "config", "--default", "", "--get", "filter.lfs.clean").strip():
        git.run(root, "lfs", "install", "--local", "--skip-repo")


def _listed(paths: Iterable[str]) -> str:
    return ",".join(sorted(paths))


def _token() -> dict[str, str]:
    """Return the settings that hand a workflow's token to its own server, which private repositories ask for."""
    token = os.environ.get("GITHUB_TOKEN", "").strip()
    return git.authorized(os.environ.get("GITHUB_SERVER_URL") or "https://github.com", token) if token else {}
