"""Run by itself, in a Python with pip: fetch a source package as pip would, by all its settings, and run nothing of it.

`pip download` builds a source package to learn its name. What finds and fetches it is inside pip, whose version is
locked.
"""

import sys
from optparse import Values
from pathlib import Path

from pip._internal.commands.download import DownloadCommand
from pip._internal.models.candidate import InstallationCandidate
from pip._internal.network.utils import response_chunks
from pip._vendor.packaging.requirements import Requirement


class Source(DownloadCommand):
    """`pip download`, for the source of one package with its version, into a folder that is the second argument."""

    def run(self, options: Values, args: list[str]) -> int:
        """Fetch it; return the exit code."""
        wanted, folder = Requirement(args[0]), Path(args[1])
        session = self.get_default_session(options)
        finder = self._build_package_finder(options, session, ignore_requires_python=True)
        found = finder.find_all_candidates(wanted.name)
        fitting = [
            one for one in found if not one.link.is_wheel and wanted.specifier.contains(one.version, prereleases=True)
        ]
        if not fitting:
            print(f"ERROR: No source package found for {wanted}", flush=True)
            return 1
        self._fetch(session, fitting[0], folder)
        return 0

    @staticmethod
    def _fetch(session: object, found: InstallationCandidate, folder: Path) -> None:
        with (
            session.get(found.link.url_without_fragment, stream=True) as answer,
            (folder / found.link.filename).open("wb") as file,
        ):
            answer.raise_for_status()
            total, done = int(answer.headers.get("Content-Length", 0)), 0
            for chunk in response_chunks(answer):
                done += file.write(chunk)
                if total:
                    print(f"Progress {done} of {total}", flush=True)


if __name__ == "__main__":
    sys.exit(Source("download", "fetch a source package").main(["--no-binary=:all:", *sys.argv[1:]]))
