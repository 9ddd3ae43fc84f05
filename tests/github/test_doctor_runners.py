"""What doctor advises where a team lets models be trained on runners of its own."""

from pathlib import Path

import pytest
from doctoring import all_on, succeeds
from hub import Hub
from registries import commit

ADVICE = (
    ".github/runners.yaml: lists runners of your own, and anybody may open a pull request here, with workflow files of"
    " its own; ask for the approval of all external contributors: Settings → Actions → General → Approval for running"
    " fork pull request workflows from contributors\n"
)


@pytest.mark.parametrize(("text", "private", "is_told"), [
    ("build:\n  - [self-hosted, gpu]\n", False, True),
    ("build:\n  - [self-hosted, gpu]\n", True, False),
    ("build: []\n", False, False),
    ("build: [\n", False, False),
])  # fmt: skip
def test_approval_of_what_comes_from_outside_is_advised_where_it_could_reach_runners_of_the_team(
    root: Path, hub: Hub, text: str, private: bool, is_told: bool
) -> None:
    all_on(hub)
    (root / ".github").mkdir(exist_ok=True)
    (root / ".github/runners.yaml").write_text(text)
    commit(root)
    hub.take(root)
    hub.repository.private = private
    assert (ADVICE in succeeds(root, hub)) is is_told
