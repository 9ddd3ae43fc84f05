"""What guards what decides: where the token for promotions lies, who must approve, and what to do where nothing does."""

import base64
from collections.abc import Iterator
from fnmatch import fnmatchcase

from registry.errors import Problem, RegistryError
from registry.formats import reader
from registry.github import answers, rules
from registry.github.answers import GitHubError
from registry.github.client import GitHub

ENVIRONMENT = "registry"
TOKEN = "REGISTRY_TOKEN"
HOLDERS = {"actions/secrets": "the repository", "actions/organization-secrets": "the organization"}
CHOSEN = {"protected_branches": False, "custom_branch_policies": True}
PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")  # in the order in which GitHub looks
RUNNERS = ".github/runners.yaml"
SEEN = "models, owners, metrics, people with their addresses, and what commits and pull requests are called"
APPROVAL = "Settings → Actions → General → Approval for running fork pull request workflows from contributors"
DECIDING = {
    "data.py": "models/digits/data.py",
    "checks.py": "models/digits/checks.py",
    "metrics.py": "models/digits/metrics.py",
    "requirements.txt": "models/digits/requirements.txt",
    "model.yaml": "models/digits/model.yaml",
    "environments/": "environments/production/digits.yaml",
    ".github/": ".github/workflows/check.yml",
    "scripts/": "scripts/build.py",
    "requirements/": "requirements/train.txt",
    "tox.ini": "tox.ini",
    "Jenkinsfile": "Jenkinsfile",
    ".devcontainer/": ".devcontainer/Dockerfile",
}


def is_kept_to(github: GitHub, branch: str) -> bool:
    """Say whether the environment is there, and is one of this branch alone."""
    there = github.find(_place())
    if there is None or there.get("deployment_branch_policy") != CHOSEN:
        return False
    return {(one["name"], one.get("type", "branch")) for one in _policies(github)} == {(branch, "branch")}


def limit(github: GitHub, branch: str) -> None:
    """Make the environment, or limit it to a branch; who must approve there stays as it is."""
    there = github.find(_place()) or {}
    if there.get("deployment_branch_policy") != CHOSEN:
        github.put(_place(), _kept(there) | {"deployment_branch_policy": CHOSEN})
    if _policy(github, branch) is None:
        body = {"name": branch, "type": "branch"}
        github.create(f"{_place()}/deployment-branch-policies", body, lambda: _policy(github, branch))


def holders(github: GitHub) -> list[str]:
    """Return whose secret the token is besides: there a workflow of any branch can read it."""
    listed = {place: github.pages(place, key="secrets") for place in HOLDERS}
    return [HOLDERS[place] for place, those in listed.items() if TOKEN in [one["name"] for one in those]]


def _place() -> str:
    return f"environments/{ENVIRONMENT}"


def _policy(github: GitHub, branch: str) -> dict | None:
    return next((one for one in _policies(github) if one["name"] == branch), None)


def _policies(github: GitHub) -> list[dict]:
    return list(github.pages(f"{_place()}/deployment-branch-policies", key="branch_policies"))


def _kept(there: dict) -> dict:
    """Return what an environment asks for, as it is written: what is not would go."""
    found = {one["type"]: one for one in there.get("protection_rules", [])}
    asked = found.get("required_reviewers", {})
    reviewers = [{"type": one["type"], "id": one["reviewer"]["id"]} for one in asked.get("reviewers", [])]
    kept = {"wait_timer": found["wait_timer"]["wait_timer"]} if "wait_timer" in found else {}
    kept |= {"reviewers": reviewers} if reviewers else {}
    return kept | ({"prevent_self_review": True} if asked.get("prevent_self_review") else {})


def advice(github: GitHub) -> Iterator[Problem]:
    """Yield what is worth doing, as far as the token may see it: where the token lies, and who must approve what."""
    branch = github.default_branch
    yield from _token(github)
    yield from _pages(github)
    try:
        if not rules.asks_owners(github, branch):
            text = (
                "needs no approval of a code owner; ask for one once there are two of you: Settings → Rules → Rulesets"
            )
            yield Problem(branch, 0, "", text)
        owners = _owners(github, branch)
        unowned = [name for name, path in DECIDING.items() if not _is_owned(owners, path)]
        yield from _runners(github, branch)
    except GitHubError as error:
        if not answers.is_hidden(error):
            raise
        return
    if unowned:
        what = "yet" if len(unowned) == len(DECIDING) else f"for {', '.join(unowned)}"
        yield Problem(PLACES[0], 0, "", f"names nobody {what}; take the # from its lines")


def _token(github: GitHub) -> Iterator[Problem]:
    to_do = f"keep it in the environment {ENVIRONMENT}, and delete it there"
    try:
        for holder in holders(github):
            yield Problem(TOKEN, 0, "", f"is a secret of {holder}, so a workflow of any branch reads it; {to_do}")
    except GitHubError as error:
        if not answers.is_hidden(error):
            raise
        text = "may be a secret of the repository, which a workflow of any branch reads; give the token Secrets: read"
        yield Problem(TOKEN, 0, "", f"{text} to see it")


def _pages(github: GitHub) -> Iterator[Problem]:
    """Yield who sees the catalogue of a private repository that is, or would be, on GitHub Pages."""
    try:
        if not github.get("")["private"]:
            return
        found = github.find("pages")
    except GitHubError as error:
        if not answers.is_hidden(error):
            raise
        return
    if found is None:
        text = "are off; below Enterprise Cloud they would show everybody what only readers of this repository see now"
    elif found.get("public"):
        text = "show everybody on the internet what else only readers of this repository see"
    else:
        text = "show whoever may read this repository what they see anyway"
    yield Problem("GitHub Pages", 0, "", f"{text}: {SEEN} (PAGES=true publishes them)")


def _runners(github: GitHub, branch: str) -> Iterator[Problem]:
    """Yield what to set where anybody may open pull requests that reach runners of the team's own, if GitHub lets them."""
    found = github.find(f"contents/{RUNNERS}", ref=branch)
    try:
        listed = found and reader.parse(RUNNERS, base64.b64decode(found["content"])).data.get("build")
    except RegistryError:
        return  # `validate` says why it can't be read
    if listed and not github.get("")["private"]:
        text = "lists runners of your own, and anybody may open a pull request here, with workflow files of its own"
        yield Problem(RUNNERS, 0, "", f"{text}; ask for the approval of all external contributors: {APPROVAL}")


def _owners(github: GitHub, branch: str) -> list[list[str]]:
    """Return the lines of CODEOWNERS, each a pattern and the owners behind it."""
    for place in PLACES:
        if found := github.find(f"contents/{place}", ref=branch):
            text = base64.b64decode(found["content"]).decode("utf-8", "replace")
            return [words for line in text.splitlines() if (words := line.partition("#")[0].split())]
    return []


def _is_owned(lines: list[list[str]], path: str) -> bool:
    """Say whether somebody owns a file: the last line that matches it decides, and may name nobody."""
    return next((len(words) > 1 for words in reversed(lines) if _matches(words[0], path)), False)


def _matches(pattern: str, path: str) -> bool:
    """Say whether a pattern of CODEOWNERS matches a file, or a folder above it; a star does not match a slash."""
    wanted, parts = pattern.strip("/").split("/"), path.split("/")
    starts = range(len(parts)) if len(wanted) == 1 and not pattern.startswith("/") else (0,)
    ends_with_star = wanted[-1] == "*" and len(wanted) > 1
    return any(_begins(wanted, parts[start:], ends_with_star) for start in starts)


def _begins(wanted: list[str], parts: list[str], is_whole: bool) -> bool:
    if wanted and wanted[0] == "**":
        return not wanted[1:] or any(_begins(wanted[1:], parts[start:], is_whole) for start in range(len(parts)))
    if not wanted:
        return not (is_whole and parts)
    return bool(parts) and fnmatchcase(parts[0], wanted[0]) and _begins(wanted[1:], parts[1:], is_whole)
