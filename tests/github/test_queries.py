"""Queries: where a server takes them, what they take together, and what is said where GitHub can't tell all of it."""

from pathlib import Path

import pytest
from hub import Hub
from registries import ROOT

from registry.answering import reviews
from registry.github.answers import GitHubError
from registry.github.client import GitHub

COMMITS = [f"{number:040x}" for number in range(101)]


def client(hub: Hub, repository: str = "octo/models", token: str | None = None) -> GitHub:
    return GitHub(hub.api_url, repository, token or hub.token, hub.server_url)


@pytest.mark.parametrize("enterprise", [False, True])
def test_many_commits_are_asked_in_few_calls_on_any_server_and_again_after_one_that_failed(
    tmp_path: Path, enterprise: bool
) -> None:
    with Hub(tmp_path / "hub", enterprise=enterprise) as hub:
        hub.take(ROOT)
        hub.faults.add("502-before", 2)
        assert reviews.merged(client(hub), COMMITS) == dict.fromkeys(COMMITS)
        assert [(call.path, call.status) for call in hub.calls] == [
            ("/graphql", status) for status in (200, 502, 200, 200)
        ]


def test_a_repository_into_which_nothing_was_pushed_knows_of_no_pull_request(tmp_path: Path) -> None:
    with Hub(tmp_path / "hub") as hub:
        assert reviews.merged(client(hub), COMMITS[:1]) == {COMMITS[0]: None}


def test_what_a_query_can_t_be_told_is_an_error_in_github_s_words(tmp_path: Path) -> None:
    with Hub(tmp_path / "hub", private=True) as hub:
        hub.take(ROOT)
        main = hub.repository.git.resolve("refs/heads/main")
        for github, said in (
            (client(hub, "octo/gone"), "404 not found (Could not resolve to a Repository with the name 'octo/gone'.); "
             "it does not exist, or the token may not see it, as with a private repository; check --repository and "
             "GITHUB_TOKEN"),
            (client(hub, token=hub.workflow({"contents": "read"})), "403 forbidden (Resource not accessible by "
             "integration); the token may not do this; give the job, or the token, that permission"),
        ):  # fmt: skip
            with pytest.raises(GitHubError) as caught:
                reviews.merged(github, [main])
            assert [str(problem) for problem in caught.value.problems] == [f"POST /graphql: {said}"]
