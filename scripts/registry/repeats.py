"""Log lines that repeat: others can make any number of them, and must not fill a disk."""

import copy
import logging
import threading
import time

FORMAT = "%(asctime)s %(message)s"
EVERY = 10.0  # seconds
KINDS = 1000

Kind = tuple[object, ...]


class Counting(logging.StreamHandler):
    """Writes the first line of a kind to stderr, and once in a while how many more there were.

    A logger's own name can be spared: what it tells is never told too often.
    """

    def __init__(self, spared: str) -> None:
        super().__init__()
        self._spared = spared
        self._told: dict[Kind, float] = {}
        self._more: dict[Kind, int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == self._spared or self._is_new(record):
            super().emit(record)

    def _is_new(self, record: logging.LogRecord) -> bool:
        kind, now = _kind(record), time.monotonic()
        if kind in self._more:
            self._more[kind] += 1
            return False
        if now - self._told.get(kind, -EVERY) < EVERY:
            self._more[kind] = 1
            later = threading.Timer(EVERY, self._tell, [kind, record])
            later.daemon = True
            later.start()
            return False
        if len(self._told) >= KINDS:
            self._told.clear()
        self._told[kind] = now
        return True

    def _tell(self, kind: Kind, record: logging.LogRecord) -> None:
        with self.lock:
            summary = copy.copy(record)
            text = record.getMessage().strip().partition("\n")[0]
            summary.msg, summary.args = f"{text} ({self._more.pop(kind):,} more like this in {EVERY:g} s)", ()
            summary.exc_info = summary.exc_text = None
            self._told[kind] = time.monotonic()
            summary.created = time.time()
            super().emit(summary)


def write_log(spared: str) -> None:
    """Let this process tell warnings, and what one logger tells at all, on stderr."""
    logging.basicConfig(format=FORMAT, level=logging.WARNING, handlers=[Counting(spared)])
    logging.getLogger(spared).setLevel(logging.INFO)


def _kind(record: logging.LogRecord) -> Kind:
    """A line's template, without the words in it but the first, which says what it is about."""
    subject = record.args[:1] if isinstance(record.args, tuple) else ()
    fault = record.exc_info[0] if record.exc_info else None
    return record.name, str(record.msg).partition("\n")[0], subject, fault
