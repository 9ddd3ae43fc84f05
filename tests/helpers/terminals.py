"""What a terminal of so many columns shows of a command."""

import os
import pty
import re
import subprocess
from fcntl import ioctl
from pathlib import Path
from struct import pack
from termios import TIOCSWINSZ

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def shown(command: list[str], folder: Path, columns: int = 80, **environment: str) -> str:
    """Return what a command that succeeds prints on a terminal, in an environment as given beside this one."""
    ours, theirs = pty.openpty()
    ioctl(theirs, TIOCSWINSZ, pack("HHHH", 24, columns, 0, 0))
    settings = {
        name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "GITHUB_ACTIONS")
    }
    settings |= {"TERM": "xterm-256color"} | environment
    child = subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=settings)
    os.close(theirs)
    raw = b""
    try:
        while found := os.read(ours, 65536):
            raw += found
    except OSError:  # Linux says so at the end of what a terminal shows
        pass
    os.close(ours)
    assert child.wait() == 0, raw.decode()
    return raw.decode().replace("\r\n", "\n")
