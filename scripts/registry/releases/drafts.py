"""Drafts of releases on GitHub: found by listing, since they hide from their tag, and only those that publish made."""

from registry import console
from registry.github.client import GitHub

MARK = "<!-- model registry: publish is filling this draft -->"
WORDS = f"{MARK}\n`publish` is filling this draft, and puts the page of the release here when it publishes it."


class Drafts:
    """The drafts that publish made in a repository. Those of people are told of and left alone."""

    def __init__(self, github: GitHub) -> None:
        self._github = github
        self._known: dict[str, list[dict]] = {}  # tag -> its drafts: a new one is missing in lists for a while
        self._unsure: set[str] = set()  # tags of which more may have been made than was told
        self._told: set[int] = set()

    def find(self, tag: str) -> dict | None:
        """Return the draft of a tag, of several the fullest, or None."""
        if tag not in self._known:
            self._known[tag] = self._list(tag)
        return next(iter(self._known[tag]), None)

    def make(self, tag: str) -> dict:
        """Make the draft of a tag that has none."""

        def find() -> dict | None:
            self._unsure.add(tag)
            return next(iter(self._list(tag)), None)

        # No target_commitish: for a commit that touches workflow files GitHub wants more than GITHUB_TOKEN may do.
        made = self._github.create("releases", {"tag_name": tag, "name": tag, "body": WORDS, "draft": True}, find)
        self._known[tag] = [made]
        return made

    def clear(self, tag: str, but: int | None = None) -> None:
        """Take the drafts of a tag away, but for the one that has become a release."""
        if tag in self._unsure or tag not in self._known:
            self._known[tag] = self._list(tag)
        for draft in self._known.pop(tag):
            if draft["id"] != but:
                self._github.delete(f"releases/{draft['id']}")

    def _list(self, tag: str) -> list[dict]:
        found = [one for one in self._github.pages("releases") if one["draft"] and one["tag_name"] == tag]
        ours = [one for one in found if (one["body"] or "").startswith(MARK)]
        for one in (one for one in found if one not in ours and one["id"] not in self._told):
            self._told.add(one["id"])
            console.warn(
                f"{tag}: {one['html_url']} is somebody's draft, and is left alone; delete it, or change its tag"
            )
        return sorted(ours, key=lambda one: (-len(one["assets"]), one["id"]))
