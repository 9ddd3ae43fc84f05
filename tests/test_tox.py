"""What tox lets through: only what its environments name reaches a verb, and only what has its hash is installed."""

import re
from configparser import ConfigParser
from fnmatch import fnmatch

import pytest
from servers import ROOT

INI = ConfigParser(interpolation=None)
INI.read(ROOT / "tox.ini", encoding="utf-8")
VERBS = [name for name in INI.sections() if "commands" in INI[name] and "python scripts/" in INI[name]["commands"]]


def passed(name: str) -> list[str]:
    text = INI[name].get("pass_env", INI["testenv"]["pass_env"])
    for other in "testenv", "person", "remote", "cloud":
        text = text.replace(f"{{[{other}]pass_env}}", INI[other]["pass_env"])
    return text.split()


def test_every_part_that_an_environment_takes_from_another_is_there() -> None:
    taken = re.findall(r"\{\[([\w:]+)\](\w+)\}", (ROOT / "tox.ini").read_text("utf-8"))
    assert [one for one in taken if one[0] not in INI or one[1] not in INI[one[0]]] == []


def test_what_asks_a_cluster_or_a_team_s_command_has_what_they_log_in_by() -> None:
    wanted = "KUBECONFIG", "AWS_PROFILE", "TARGET_TOKEN"
    held = {name.partition("{")[0] for name in VERBS if all(any(fnmatch(one, pattern) for pattern in passed(name)) for one in wanted)}
    assert held == {"testenv:agent", "testenv:deploy", "testenv:status"}


@pytest.mark.parametrize("name", VERBS)
def test_git_knows_in_every_verb_who_somebody_is_and_how_they_sign(name: str) -> None:
    needed = {
        "EMAIL", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_AUTHOR_DATE", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL",
        "GIT_COMMITTER_DATE", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GNUPGHOME", "GPG_TTY",
        "SSH_AUTH_SOCK", "XDG_CONFIG_HOME",
    }  # fmt: skip
    assert {one for one in needed if not any(fnmatch(one, pattern) for pattern in passed(name))} == set()


@pytest.mark.parametrize("name", VERBS)
def test_what_a_hook_hands_down_stays_outside(name: str) -> None:
    handed = "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"
    assert not [one for one in handed if any(fnmatch(one, pattern) for pattern in passed(name))]


@pytest.mark.parametrize(
    "name", [name for name in INI.sections() if name.startswith("testenv") and "set_env" in INI[name]]
)
def test_nothing_is_installed_that_has_no_hash(name: str) -> None:
    assert {"UV_REQUIRE_HASHES = 1", "{[testenv]set_env}"} & {*INI[name]["set_env"].splitlines()}
    assert "UV_REQUIRE_HASHES = 1" in INI["testenv"]["set_env"].splitlines()


def test_what_asks_other_repositories_alone_gets_what_git_asks_a_scheduler_for() -> None:
    wanted = {"GIT_ASKPASS", "GIT_PASSWORD", "GIT_SSH_COMMAND", "GIT_USERNAME"}
    assert {one for one in wanted if any(fnmatch(one, pattern) for pattern in passed("testenv:publish"))} == wanted
    held = {name for name in VERBS if any(fnmatch(one, pattern) for one in wanted for pattern in passed(name))}
    assert held == {"testenv:agent{,-tensorflow,-kubernetes}", "testenv:publish", "testenv:upgrade"}


def test_what_is_built_once_lies_in_no_environment_s_folder_which_goes_with_it() -> None:
    text = (ROOT / "tox.ini").read_text("utf-8")
    kept = {*re.findall(r"= \{work_dir\}/(\w+)$", text, re.MULTILINE)}
    names = {re.split("[{,]", name.removeprefix("testenv:"))[0] for name in INI.sections() if name.startswith("testenv:")}
    assert kept and kept & names == set()
