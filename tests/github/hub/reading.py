"""Reading out of a repository: one `git cat-file` answers all, where a process for each question took half of the time."""

import re
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

FOUND = re.compile(rb"([0-9a-f]{40}) ([a-z]+) ([0-9]+)\n")


class Reading:
    """A `git cat-file --batch-command` that is started when it is first asked, and again when it was closed."""

    def __init__(self, path: Path, environment: dict[str, str]) -> None:
        self._command = ["git", f"--git-dir={path}", "cat-file", "--batch-command"]
        self._environment = environment
        self._process: subprocess.Popen | None = None
        self._lock = threading.Lock()

    def find(self, name: str) -> tuple[str, str, int] | None:
        """Return the object that a name stands for, its type and its size, or None."""
        with self._lock:
            return self._ask("info", name)

    def read(self, name: str) -> bytes | None:
        """Return the content of the object that a name stands for, or None."""
        with self._lock:
            found = self._ask("contents", name)
            return found and self._process.stdout.read(found[2] + 1)[:-1]

    def close(self) -> None:
        with self._lock:
            if self._process:
                with suppress(BrokenPipeError):
                    self._process.communicate()
                self._process = None

    def _ask(self, command: str, name: str) -> tuple[str, str, int] | None:
        """Return the first line of an answer. A name of no line, or of two, can't be asked for, and names nothing."""
        if not name or "\n" in name:
            return None
        self._process = self._process or subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environment,
        )
        self._process.stdin.write(f"{command} {name}\n".encode())
        self._process.stdin.flush()
        found = FOUND.fullmatch(self._process.stdout.readline())
        return found and (found[1].decode(), found[2].decode(), int(found[3]))
