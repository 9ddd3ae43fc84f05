"""Run the hub by hand: `cd tests && python -m hub [--seed REPOSITORY]`; it prints its addresses and a token."""

import argparse
import signal
import tempfile
from pathlib import Path

from hub import Hub


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repository", default="octo/models", help="OWNER/NAME")
    parser.add_argument("--seed", type=Path, help="a working tree whose checked-out commit becomes main")
    parser.add_argument("--root", type=Path, help="keep the repositories here")
    parser.add_argument("--server", default="127.0.0.1", help="the name in Git's address, such as github.localhost")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--private", action="store_true")
    parser.add_argument("--enterprise", action="store_true", help="API under /api/v3")
    given = parser.parse_args()
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # in the threads too: sigwait takes them
    with tempfile.TemporaryDirectory() as folder:
        shape = {"private": given.private, "enterprise": given.enterprise, "server": given.server, "port": given.port}
        with Hub(given.root or Path(folder), given.repository, **shape) as hub:
            if given.seed:
                hub.take(given.seed)
            print(
                *(f"export {name}={value}" for name, value in hub.environment.items()),
                hub.git_url,
                sep="\n",
                flush=True,
            )
            signal.sigwait(ends)
            print(hub.calls, flush=True)


if __name__ == "__main__":
    main()
