"""Write the catalogue: pages that tell what runs where, since when, why, and how well. They open by a double click.

It rests on Git alone. What only a release's files know comes from where releases lie, and who approved what, open
promotions and deployments from GitHub, with --repository and a token in GITHUB_TOKEN; else the pages say what is not known.
"""

import shlex
import sys
import time
from functools import partial

from registry import console, git, memory
from registry.answering import beside
from registry.chronicle import instant
from registry.releases import choice
from registry.webpages import assembling, binding, catalog
from registry.workers import sharing

MANY = 500  # versions: fewer are drawn in about a second
MOST = 4  # processes: each needs memory of its own


@memory.unswept()
def main() -> None:
    parser = console.parser(__doc__, "tox run -e catalogue")
    parser.add_argument(
        "--output", type=console.path, metavar="DIR", help=f"where to write it; default: {binding.FOLDER}"
    )
    instant.add_option(parser)
    choice.add_options(parser)
    options = parser.parse_args()
    root = git.root()
    place = root / (options.output or binding.FOLDER)
    binding.check(place)
    known = beside.choose(root, options)
    inventory, told = assembling.assemble(root, options.at, known)
    command = f"tox run -e catalogue{' -- ' * bool(sys.argv[1:])}{shlex.join(sys.argv[1:])}"
    contents = partial(catalog.contents, inventory, told, known.store.site, command, int(time.time()))
    is_long = sum(len(model.versions) for model in inventory.models.values()) > MANY
    count = binding.write(place, contents, min(sharing.cores(), MOST) if is_long else 1)
    console.advise(known.problems)
    console.say(f"{place}: {console.count(count, 'file')} of {console.count(len(inventory.models), 'model')}")
    console.say(f"next: open {place / 'index.html'}")


if __name__ == "__main__":
    console.run(main)
