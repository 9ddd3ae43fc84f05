"""Open the pull request that writes what a search found into a model's spec, where anything is surely better."""

from registry import console, git
from registry.errors import refuse
from registry.github.client import GitHub
from registry.pulls import searched
from registry.specs import models
from registry.tuning import results, tuned, wishes


def main() -> None:
    parser = console.parser(__doc__, "tox run -e propose -- digits --set epochs=3..10 --repository octo/models")
    parser.add_argument("model", metavar="MODEL", help="the model that was searched")
    parser.add_argument("--set", action="append", required=True, dest="words", metavar="NAME=VALUES",
                        help="what was searched, as for tune")  # fmt: skip
    parser.add_argument("--repository", metavar="OWNER/NAME", help="on GitHub; default: GITHUB_REPOSITORY")
    options = parser.parse_args()
    root = git.root()
    (model,) = models.load(root, [options.model])
    if not git.is_clean(root, model.place):
        raise refuse(model.place, "is not as the last commit has it; commit it, or take the changes back")
    wish = wishes.wish(model, options.words, None, None)
    found = tuned.load(root, wish)
    if not found.ranked:
        raise refuse(model.place, "has no trial that ended well; the job that searched says why")
    if found.chosen is found.present:
        console.conclude(f"{model.name}: nothing is told apart from the spec's own arguments, so nothing is proposed",
                         page=results.page(found, wish.axes))  # fmt: skip
        return
    opened = searched.propose(root, GitHub.from_environment(options.repository), wish, found)
    console.conclude(f"{model.name}: {results.arguments(found, found.chosen)}: {opened.told}")


if __name__ == "__main__":
    console.run(main)
