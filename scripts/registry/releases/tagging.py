"""Annotated tags on GitHub: read, made once, taken over into a clone; and why GitHub would not make one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from http import HTTPStatus
from pathlib import Path

from registry import tags
from registry.errors import RegistryError, refuse
from registry.github.answers import GitHubError
from registry.github.client import GitHub
from registry.releases import ledger
from registry.releases.ledger import Taken

RULES, RESTRICTED, IMMUTABLE = "rule violations", "creations being restricted", "immutable release"
BURNED = "is burned: an immutable release had this tag once, and GitHub never gives it again"
RACED = "is a tag that somebody made at the same moment, on another commit or with other words"


@dataclass(frozen=True)
class Tag:
    """A tag on GitHub: the commit it is on and, of an annotated one, what its object says."""

    name: str
    sha: str
    commit: str
    message: str = ""
    tagger: str = ""

    def same(self, commit: str, message: str) -> bool:
        """Say whether it is on a commit and says the same."""
        return (self.commit, ledger.unsigned(self.message).rstrip()) == (commit, message.rstrip())


def find(github: GitHub, name: str) -> Tag | None:
    """Return a tag, or None where there is none of that name."""
    found = _find(github, name)
    if found is None:
        return None
    pointed = found["object"]
    if pointed["type"] != "tag":
        return Tag(name, pointed["sha"], pointed["sha"])
    said = github.get(f"git/tags/{pointed['sha']}")
    message = said["message"] if said["tag"] == name else ""  # else another's: `git tag NEW OLD` leads to that
    return Tag(name, said["sha"], said["object"]["sha"], message, _tagger(said.get("tagger")))


def _find(github: GitHub, name: str) -> dict | None:
    return github.find(f"git/ref/tags/{name}")


def _tagger(person: dict | None) -> str:
    """Return who made a tag as Git writes it; GitHub tells the time in UTC."""
    if not person:
        return ""
    return f"{person['name']} <{person['email']}> {datetime.fromisoformat(person['date']).timestamp():.0f} +0000"


def make(github: GitHub, name: str, commit: str, message: str) -> None:
    """Put an annotated tag on a commit; raise Taken where another one was made meanwhile."""
    body = {"tag": name, "message": message, "object": commit, "type": "commit"}
    made = github.create("git/tags", body, lambda: None)
    try:
        there = github.create("git/refs", {"ref": f"refs/tags/{name}", "sha": made["sha"]}, lambda: _find(github, name))
    except GitHubError as error:
        there = _find(github, name) if error.status == HTTPStatus.UNPROCESSABLE_ENTITY else None
        if there is None:
            raise
    if there["object"]["sha"] != made["sha"]:
        other = find(github, name)
        if other is None or not other.same(commit, message):
            raise Taken(name, RACED, "run `git fetch --tags` and look at it")


def take_over(root: Path, tag: Tag) -> bool:
    """Make a clone have a tag of GitHub's; say whether it has one of that name then.

    GitHub does not tell the bytes of a tag's object. They are written anew from what it tells, and taken when they have
    its digest: another tag of the same name would be in the way of `git fetch`.
    """
    head = f"object {tag.commit}\ntype commit\ntag {tag.name}\ntagger {tag.tagger}\n\n"
    messages = dict.fromkeys((tag.message, f"{tag.message}\n"))  # one line feed at the end may have been left out
    return any(tags.take(root, tag.name, tag.sha, f"{head}{message}") for message in messages)


def explained(github: GitHub, name: str, error: GitHubError) -> RegistryError:
    """Return what GitHub's refusal of a tag, or of a release with it, means; the error itself when it is another."""
    said = str(error).lower()
    if error.status != HTTPStatus.UNPROCESSABLE_ENTITY or not (IMMUTABLE in said or RULES in said):
        return error
    rules = list(_restricting(github, name)) if IMMUTABLE not in said else []
    if IMMUTABLE in said or (RESTRICTED in said and not rules):  # of a burned tag the API of Git says only that
        return Taken(name, BURNED, "choose another version")
    why = f"a rule of the repository forbids making this tag: {', '.join(rules) or error.brief}"
    return refuse(name, f"{why}; let GitHub Actions, or whose token publishes, bypass it: Settings → Rules → Rulesets")


def _restricting(github: GitHub, name: str) -> Iterator[str]:
    """Yield the names of the rulesets that let nobody make a tag of this name."""
    try:
        listed = [one for one in github.pages("rulesets", targets="tag") if one["enforcement"] == "active"]
        for ruleset in (github.get(f"rulesets/{one['id']}") for one in listed):
            if _covers(ruleset, f"refs/tags/{name}") and any(rule["type"] == "creation" for rule in ruleset["rules"]):
                yield f"ruleset “{ruleset['name']}”"
    except GitHubError as error:
        if error.status not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):  # a plan, or a server, without rulesets
            raise


def _covers(ruleset: dict, ref: str) -> bool:
    names = (ruleset.get("conditions") or {}).get("ref_name", {})

    def hit(patterns: list[str]) -> bool:
        return any(one == "~ALL" or fnmatchcase(ref, one) for one in patterns)

    return ruleset["target"] == "tag" and hit(names.get("include", [])) and not hit(names.get("exclude", []))
