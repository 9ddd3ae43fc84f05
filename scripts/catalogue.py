"""Write the catalogue: pages that tell what runs where, since when, why, and how well; no server, nothing to install.

All of it stands in Git; what only a release's files know comes from the folder `releases/` where it is there.
"""

import time
from pathlib import Path

from registry import console, git
from registry.chronicle import instant
from registry.webpages import binding, catalog
from registry.webpages.sheets import Known


def main() -> None:
    parser = console.parser(__doc__, "tox run -e catalogue")
    parser.add_argument("--output", type=Path, metavar="DIR", help=f"where to write it; default: {binding.FOLDER}")
    instant.add_option(parser)
    options = parser.parse_args()
    root = git.root()
    place = root / (options.output or binding.FOLDER)
    made = catalog.make(root, options.at, int(time.time()), Known("with --releases DIR or --repository OWNER/NAME"))
    count = binding.write(place, made)
    console.say(f"{place}: {count:,} files")
    console.say(f"next: open {place / 'index.html'}")


if __name__ == "__main__":
    console.run(main)
