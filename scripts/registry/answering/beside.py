"""What a release's files, and GitHub, know beside Git: asked when it is needed, each thing once."""

from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from registry.answering import reviews
from registry.answering.reviews import Merged
from registry.errors import Problem, RegistryError, refuse
from registry.github import access, answers
from registry.github.answers import GitHubError
from registry.judging import released
from registry.releases import choice, folder
from registry.releases.ledger import Release
from registry.releases.storage import FACTS, Store

if TYPE_CHECKING:
    from registry.github.client import GitHub

NOT_ASKED = "`--repository OWNER/NAME` asks GitHub for what is not known from Git, with a token in GITHUB_TOKEN"
NO_TOKEN = "set GITHUB_TOKEN, with which GitHub is asked for what is not known from Git"
HIDDEN = "GitHub does not tell this token what is not known from Git; it needs to read pull requests"

SILENT = "GitHub does not answer ({}), so this is what Git knows; run the same command again for the rest"


class Beside:
    """What is known beside Git.

    `why_unknown` says why nothing is known of what only GitHub knows, and is empty where `github` is asked, which else is
    None. What is wrong with a release's files stops nothing: it stands in `problems`, and they are as good as not there.
    """

    def __init__(self, root: Path, store: Store, github: "GitHub | None", why_unknown: str) -> None:
        self.store = store
        self.github = github
        self.why_unknown = why_unknown
        self.problems: list[Problem] = []
        self._root = root
        self._is_silent = False
        self._reports: dict[str, dict | None] = {}
        self._merged: dict[str, Merged | None] = {}

    @property
    def is_asked(self) -> bool:
        """Whether GitHub tells what only it knows."""
        return not self.why_unknown

    def report(self, release: Release) -> dict | None:
        """Return the report of a release, or None: its release.json is not in the store, or not to be trusted."""
        if release.tag not in self._reports:
            self._reports[release.tag] = self._report(release)
        return self._reports[release.tag]

    def where(self, release: Release) -> str:
        """Return where people find a release: a folder, from the repository's top where it lies there, or an address."""
        return self.store.where(release.tag).removeprefix(f"{self._root}/")

    def merged(self, commit: str) -> Merged | None:
        """Return the pull request that brought a commit of main, or None: there was none, or `why_unknown` says why."""
        return self.merged_all([commit])[commit]

    def merged_all(self, commits: Iterable[str]) -> dict[str, Merged | None]:
        """Return for each commit of main what `merged` does, asked together."""
        wanted = [*dict.fromkeys(commits)]
        self._merged |= self._pulls([one for one in wanted if one not in self._merged])
        return {one: self._merged[one] for one in wanted}

    def _report(self, release: Release) -> dict | None:
        if self._is_silent:
            return None
        try:
            facts = released.facts(self._root, self.store, {release.model: [release]}, release.tag)
            if facts and facts["report"]["artifact"]["sha256"] != release.sha256:
                raise refuse(
                    f"{release.tag}/{FACTS}",
                    f"is of an artifact with another digest than the tag has; don't trust it, {self.store.mend}",
                )
        except GitHubError as error:
            self._do_without(error)
            return None
        except RegistryError as error:
            self.problems += error.problems
            return None
        return facts and facts["report"]

    def _do_without(self, error: GitHubError) -> None:
        """Answer from Git alone from now on where GitHub does not answer at all; raise what else it may have said."""
        if not answers.is_passing(error):
            raise error
        self._is_silent, self.github, self.why_unknown = True, None, SILENT.format(error.brief)

    def _pulls(self, commits: list[str]) -> dict[str, Merged | None]:
        if self.github is not None:
            try:
                return reviews.merged(self.github, commits)
            except GitHubError as error:
                if answers.is_hidden(error):
                    self.github, self.why_unknown = None, HIDDEN
                else:
                    self._do_without(error)
        return dict.fromkeys(commits)


def choose(root: Path, options: Namespace) -> Beside:
    """Return what is known beside Git, by the options of `choice.add_options`.

    Who only reads finds nothing in a folder of releases that is not there: raises RegistryError where one is named.
    """
    if options.releases is not None and not (root / options.releases).is_dir():
        text = (
            f"{options.releases} is no folder here; name the one where releases lie, or leave it out: {folder.FOLDER}"
        )
        raise refuse("--releases", text)
    store = choice.choose(root, options)
    if store.site is None:
        return Beside(root, store, None, NOT_ASKED)
    if not access.first_token():
        return Beside(root, store, None, NO_TOKEN)
    from registry.github.client import GitHub

    return Beside(root, store, GitHub.from_environment(options.repository), "")
