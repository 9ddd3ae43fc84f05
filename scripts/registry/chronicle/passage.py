"""Main as it went on: its commits by first parent, when it got each, and with which of them others came."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from registry import git
from registry.chronicle.events import Moment, Person, is_merged_revert, legible, reverted
from registry.commits import revisions
from registry.commits.revisions import Commit
from registry.releases import mainline


@dataclass(frozen=True)
class Passage:
    """Main's moments, oldest first; a place is an index into them."""

    root: Path
    moments: list[Moment]

    @property
    def tip(self) -> str | None:
        """Main's newest commit, None where it has none."""
        return self.moments[-1].commit if self.moments else None

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each commit."""
        return {moment.commit: place for place, moment in enumerate(self.moments)}

    @cached_property
    def _least(self) -> list[int]:
        """For each place the least time there or later: clocks that are ahead tell nothing of what came before."""
        return [*accumulate((moment.time for moment in reversed(self.moments)), min)][::-1]

    def by(self, time: int) -> int:
        """Return where main was at the end of a second, -1 where it had not begun."""
        return bisect_right(self._least, time) - 1

    def before(self, time: int) -> int:
        """Return where main was when a second began, -1 where it had not begun."""
        return bisect_left(self._least, time) - 1

    def arrivals(self, commits: Collection[str]) -> dict[str, int]:
        """Return with which place main got each of some commits; nothing of those that it never got."""
        found = {commit: self.places[commit] for commit in commits if commit in self.places}
        others = set(commits) - found.keys()
        return found | (dict(self._brought(others)) if others and self.moments else {})

    def _brought(self, wanted: set[str]) -> Iterator[tuple[str, int]]:
        parents, seen = git.parents(self.root, self.moments[-1].commit), set(self.places)
        for place, moment in enumerate(self.moments):
            left = parents[moment.commit][1:]
            while left:
                commit = left.pop()
                if commit not in seen:
                    seen.add(commit)
                    left += parents[commit]
                    if commit in wanted:
                        yield commit, place


def moments(root: Path, commits: Sequence[Commit], latest: int = 0) -> list[Moment]:
    """Return the moments that commits of main are, oldest first; what the first stands on arrived at `latest`.

    What a merged pull request takes back only the commit tells that it brought.
    """
    back = _taken_back(root, [one.sha for one in commits if is_merged_revert(one.subject, one.body)])
    dates = revisions.arrivals((commit.time for commit in commits), latest)
    people = {one: Person(*map(legible, one)) for one in {commit[2:4] for commit in commits}}
    return [
        Moment(one.sha, date, people[one[2:4]], legible(one.subject), back.get(one.sha) or reverted(one.body))
        for one, date in zip(commits, dates, strict=True)
    ]


def _taken_back(root: Path, merges: list[str]) -> dict[str, str | None]:
    brought = dict(zip(merges, git.objects(root, [f"{sha}^2" for sha in merges]), strict=True))
    told = {sha: commit for sha, commit in brought.items() if commit}
    return {
        sha: reverted(text.decode("utf-8", "replace"))
        for sha, text in zip(told, git.read(root, [*told.values()]), strict=True)
    }


def tip(root: Path) -> str | None:
    """Return the newest commit of main: where branches of it went apart, that of the first remote that has it."""
    branches = mainline.find(root).branches
    named = ["HEAD"] if "HEAD" in branches else sorted(branches, key=_distance)
    tips = [commit for commit in git.objects(root, named) if commit]
    ahead = git.independent(root, tips) if len({*tips}) > 1 else tips
    return next((commit for commit in tips if commit in ahead), None)


def _distance(ref: str) -> int:
    """Say how far a branch is from where everybody's main is: a clone's own comes after those of its remotes."""
    remotes = [f"refs/remotes/{remote}/" for remote in mainline.REMOTES]
    return next((at for at, remote in enumerate(remotes) if ref.startswith(remote)), len(remotes))
