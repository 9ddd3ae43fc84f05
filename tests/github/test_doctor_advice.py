"""What doctor advises a team: an approval, and owners of what decides. It sets none of it, and fails over none."""

import re
from pathlib import Path

import pytest
from doctoring import all_on, protect, succeeds
from hub import Hub
from registries import commit
from servers import ROOT

from registry.github import settings

APPROVAL = (
    "main: needs no approval of a code owner; ask for one once there are two of you: Settings → Rules → Rulesets\n"
)
OF_MODELS = ("data.py", "checks.py", "metrics.py", "requirements.txt", "model.yaml")
NOBODY = ("yet",)
REST = ("requirements/", "tox.ini", "Jenkinsfile", ".devcontainer/")
ALL = (*OF_MODELS, "environments/", ".github/", "scripts/", *REST)


def ask(hub: Hub, approvals: int, owners: bool) -> None:
    parameters = settings.REVIEWS | {"required_approving_review_count": approvals, "require_code_owner_review": owners}
    hub.repository.rulesets[1]["rules"].append({"type": "pull_request", "parameters": parameters})


def own(root: Path, hub: Hub, lines: str, place: str = ".github/CODEOWNERS") -> str:
    """Commit CODEOWNERS; return what doctor says of it."""
    (root / place).parent.mkdir(exist_ok=True)
    (root / place).write_text(lines)
    commit(root)
    hub.take(root)
    said = [line for line in succeeds(root, hub).splitlines() if line.startswith(".github/CODEOWNERS: ")]
    return said[0].removeprefix(".github/CODEOWNERS: names nobody ").removeprefix("for ").partition("; take")[0] if said else ""


@pytest.mark.parametrize(("approvals", "owners"), [(0, False), (0, True), (1, False)])
def test_an_approval_of_code_owners_is_advised(root: Path, hub: Hub, approvals: int, owners: bool) -> None:
    all_on(hub)
    ask(hub, approvals, owners)
    said = succeeds(root, hub, "--fix")
    assert APPROVAL in said
    assert said.endswith("\nnothing to set: all are on\n")


def test_where_it_is_asked_for_nothing_is_advised(root: Path, hub: Hub) -> None:
    all_on(hub)
    ask(hub, 1, True)
    assert APPROVAL not in succeeds(root, hub)
    hub.repository.rulesets[1]["rules"].pop()
    protect(hub, "gate")
    reviews = {"required_approving_review_count": 2, "require_code_owner_reviews": True}
    hub.repository.protections["main"]["required_pull_request_reviews"] = reviews
    assert APPROVAL not in succeeds(root, hub)


LINES = {
    "": NOBODY,
    "# * @octo\n": NOBODY,
    "* @octo\n": (),
    "/models/ @a\n/environments/ @a\n/.github/ @a\n/scripts/ @a\n/requirements/ @a\n/tox.ini @a\n": REST[2:],
    "/models/*/data.py @a\n/models/*/checks.py @a\n/models/*/model.yaml @a\n": ("metrics.py", "requirements.txt", *ALL[5:]),
    "data.py @a\nenvironments @a\n.github/ @a\nscripts/** @a\n": (*OF_MODELS[1:], *REST),
    "*.py @a\n": ("requirements.txt", "model.yaml", "environments/", ".github/", *REST),
    "* @a\n/scripts/\n": ("scripts/",),  # the last line that matches decides
    "/scripts/* @a\n/environments/* @a\n**/data.py @a\n/.github/workflows/*.yml @a # us\n": (
        *OF_MODELS[1:], "environments/", *REST,
    ),
    "/data.py @a\n/build.py @a\n": NOBODY,
}  # fmt: skip


@pytest.mark.parametrize("lines", LINES)
def test_owners_of_what_decides_are_advised(root: Path, hub: Hub, lines: str) -> None:
    assert own(root, hub, lines) == ", ".join(LINES[lines])


@pytest.mark.parametrize("place", ["CODEOWNERS", "docs/CODEOWNERS"])
def test_codeowners_is_found_where_github_looks(root: Path, hub: Hub, place: str) -> None:
    assert own(root, hub, "* @octo\n", place) == ""


def test_what_a_token_may_not_see_is_not_advised(root: Path, hub: Hub) -> None:
    reader = hub.user("reader", {"metadata": "read", "contents": "read"})
    said = succeeds(root, hub, GITHUB_TOKEN=reader)
    assert "needs no approval" not in said
    assert "names nobody" not in said


def test_each_line_of_the_template_is_asked_for_and_names_somebody_once_its_hash_is_taken_away(
    root: Path, hub: Hub
) -> None:
    lines = (ROOT / ".github/CODEOWNERS").read_text("utf-8")
    if re.search(r"^[^#\s]", lines, re.MULTILINE):
        pytest.skip("a team's own CODEOWNERS, which names somebody")
    assert own(root, hub, lines) == "yet"
    assert own(root, hub, re.sub("^# /", "/", lines, flags=re.MULTILINE)) == ""
    named = re.findall(r"^# /(?:models/\*/)?(\S+) ", lines, re.MULTILINE)
    assert [*dict.fromkeys(named)] == ["models/", *ALL]
