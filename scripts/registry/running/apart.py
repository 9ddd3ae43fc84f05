"""A process beside the one that runs models, for what would keep Python's lock from everybody else."""

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from registry.protocols.refusals import RequestError

SCRIPTS = Path(__file__).parents[2]
CODE = f"import sys; sys.path.insert(0, {str(SCRIPTS)!r}); from registry.running import apart; apart.main()"


class Apart:
    """One process that starts when it is first needed, and again when it died. Any thread may use it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None
        self._turn = threading.Lock()

    def run(self, work: Callable, *words: object) -> Any:
        """Return what a function makes of its arguments; all of these travel. Raises what the function does."""
        with self._turn:
            try:
                is_made, found = self._ask(work, words)
            except (OSError, EOFError, pickle.UnpicklingError) as error:
                self._process = None
                raise RequestError(503, "the process that reads large requests died; send this one again") from error
        if is_made:
            return found
        raise found

    def _ask(self, work: Callable, words: tuple) -> tuple[bool, Any]:
        if self._process is None:
            command = [sys.executable, "-P", "-c", CODE]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        pickle.dump((work, words), self._process.stdin, pickle.HIGHEST_PROTOCOL)
        self._process.stdin.flush()
        return pickle.load(self._process.stdout)


def main() -> None:
    """Answer on stdout what comes on stdin until that ends."""
    for number in signal.SIGINT, signal.SIGTERM:  # the server's business: it asks until it has all its answers
        signal.signal(number, signal.SIG_IGN)
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        while True:
            try:
                work, words = pickle.load(sys.stdin.buffer)
            except EOFError:
                return
            pickle.dump(_done(work, words), answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()


def _done(work: Callable, words: tuple) -> tuple[bool, Any]:
    try:
        return True, work(*words)
    except Exception as error:
        return False, error
