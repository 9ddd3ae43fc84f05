"""What doctor shows of a repository's settings, and what it sets."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hub import Hub
from registries import ENVIRONMENT, verb

NAMES = [
    "Actions", "Actions may open pull requests", "Required check `gate`",
    "Tag rule for `refs/tags/*@v*`", "Immutable releases", "Automatically delete head branches",
]  # fmt: skip


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub(tmp_path / "hub") as hub:
        for name, value in hub.environment.items():
            monkeypatch.setitem(ENVIRONMENT, name, value)
        yield hub


def test_doctor_tells_what_is_off_and_sets_it_when_asked(hub: Hub, tmp_path: Path) -> None:
    said = verb(tmp_path, "doctor")
    assert [line.split("  ")[0] for line in said.splitlines()[1:7]] == NAMES
    assert "without it a person opens each promotion's pull request" in said
    assert said.endswith("next: `tox run -e doctor -- --repository octo/models --fix` sets what the token may set\n")
    said = verb(tmp_path, "doctor", "--fix")
    assert said.count("setting: ") == 5
    said = verb(tmp_path, "doctor")
    assert [line.split()[-1] for line in said.splitlines()[1:]] == ["on"] * len(NAMES)


def test_doctor_with_a_token_that_may_not_look_says_so_and_sets_nothing(hub: Hub, tmp_path: Path,
                                                                        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setitem(ENVIRONMENT, "GITHUB_TOKEN", hub.user("reader", {"metadata": "read", "contents": "read"}))
    said = verb(tmp_path, "doctor")
    assert said.count("can't tell") == 4
    said = verb(tmp_path, "doctor", "--fix", code=1)
    assert "Immutable releases: could not be set: PUT /repos/octo/models/immutable-releases: 403 forbidden" in said
    assert hub.repository.rulesets == {}
