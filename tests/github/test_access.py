"""Which repository, at which addresses, with which token: what options and environment say, checked before use."""

import socket
from contextlib import suppress
from pathlib import Path

import pytest
import publish
import teams
import withdraw
from hub import Hub
from loopback import answering
from registries import candidate
from talking import fails, run

from registry.errors import RegistryError
from registry.github import access
from registry.github.client import GitHub

VARIABLES = ("GITHUB_API_URL", "GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN", "REGISTRY_TOKEN")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """One that says nothing about GitHub."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def refused(repository: str | None = "octo/models") -> str:
    with pytest.raises(RegistryError) as error:
        GitHub.from_environment(repository)
    return str(error.value)


@pytest.mark.parametrize("variable", ["GITHUB_TOKEN", "REGISTRY_TOKEN"])
@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", " {}\t"])
def test_space_around_a_token_is_not_sent(environment: pytest.MonkeyPatch, variable: str, around: str) -> None:
    with answering(lambda call: call.reply(200, [])) as server:
        environment.setenv("GITHUB_API_URL", server.url())
        environment.setenv(variable, around.format("ghp_secret"))
        assert list(GitHub.from_environment("octo/models").pages("releases")) == []
        assert server.sent("Authorization") == ["Bearer ghp_secret"]


@pytest.mark.parametrize("variable", ["GITHUB_TOKEN", "REGISTRY_TOKEN"])
@pytest.mark.parametrize("value", ["ghp_sec\nret", "ghp_…ret", "ghp_sec ret", "ghp_sec\x7fret", "ghp_sec\x00ret"])
def test_what_can_be_no_token_is_refused_and_not_shown(
    environment: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    environment.setattr("os.environ", {variable: value})
    assert refused() == f"{variable}: holds characters that no token has; paste it again"


def test_an_empty_app_token_leaves_the_workflow_s_own(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("REGISTRY_TOKEN", "\n")
    environment.setenv("GITHUB_ACTIONS", "true")
    assert GitHub.from_environment("octo/models").is_workflow


@pytest.mark.parametrize(
    "value",
    ["api.github.com", "https://me:secret@host", "https://host ", "https://host?x", "ftp://host", "https://[bad"],
)
@pytest.mark.parametrize(
    ("variable", "example"),
    [("GITHUB_API_URL", "https://api.github.com"), ("GITHUB_SERVER_URL", "https://github.com")],
)
def test_what_is_no_address_is_refused_by_the_variable_s_name_and_not_shown(
    environment: pytest.MonkeyPatch, variable: str, example: str, value: str
) -> None:
    environment.setenv(variable, value)
    assert refused() == f"{variable}: is no address of a server; write one such as {example}"


def has_ipv6() -> bool:
    with suppress(OSError), socket.socket(socket.AF_INET6) as one:
        one.bind(("::1", 0))
        return True
    return False


def test_an_address_may_be_one_of_ipv6(environment: pytest.MonkeyPatch) -> None:
    if not has_ipv6():
        pytest.skip("this machine has no IPv6")
    with answering(lambda call: call.reply(200, []), "::1") as server:
        environment.setenv("GITHUB_API_URL", server.url("[::1]"))
        assert list(GitHub.from_environment("octo/models").pages("releases")) == []


REPOSITORIES = ["../..", "o/..", "./x", ".../x", "o", "o/", "o/n/", "/o/n", "o n/x", "o/n\n", "https://github.com/o/n"]


@pytest.mark.parametrize("name", REPOSITORIES)
def test_what_names_no_repository_is_refused(environment: pytest.MonkeyPatch, name: str) -> None:
    told = name.replace("\n", "\\n")
    assert refused(name) == f"--repository: {told} is no repository; write owner/name"
    environment.setenv("GITHUB_REPOSITORY", name)
    assert refused(None) == f"GITHUB_REPOSITORY: {told} is no repository; write owner/name"


def test_no_name_at_all_is_refused(environment: pytest.MonkeyPatch) -> None:
    assert refused(None) == "--repository: nothing is no repository; write owner/name"


@pytest.mark.parametrize("name", ["octo/models", "o/.github", "o-1/a_b.c", "o/..a"])
def test_what_names_a_repository_is_taken(environment: pytest.MonkeyPatch, name: str) -> None:
    assert access.site(name).repository == name


def test_a_folder_and_a_repository_are_not_both_taken(root: Path, hub: Hub) -> None:
    code, said = run(root, hub, publish, "digits", "--releases", "there", "--repository", "octo/models")
    assert code == 2
    assert said.endswith("error: argument --repository: not allowed with argument --releases\n")
    assert not hub.calls


def test_a_private_repository_that_a_token_may_not_see_is_no_missing_release(root: Path, hub: Hub) -> None:
    candidate(root)
    teams.release(root, hub)
    hub.repository.private = True
    assert fails(root, hub, withdraw, "digits", "1.0.0", "--reason", "too bold", GITHUB_TOKEN="") == (
        "GET /repos/octo/models: 404 not found (Not Found); it does not exist, or the token may not see it, as with a "
        "private repository; check --repository and GITHUB_TOKEN\n1 problem\n"
    )
