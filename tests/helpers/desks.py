"""A desk where the commands of a page are tried: a repository, GitHub, and a shell that knows few programs.

Verbs run in forks, with this Python in place of tox's. What runs only elsewhere is named with the reason.
"""

import configparser
import importlib
import os
import re
import shlex
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

import followers
import forks
import requests
import servers
import talking
from hub import Hub
from registries import git
from servers import ROOT

from registry import console
from registry.github import runs

# verbs that are given their words here, and run elsewhere
ONLY_PARSED = {
    "build": "needs TensorFlow: tests/training builds",
    "demo": "trains for minutes: test_demo has its parts",
    "lock": "asks the index of packages",
    "upgrade": "asks the template's repository: tests/upgrading does",
    "tune": "trains: tests/training/test_tuning.py searches",
}
# commands, where * stands for any words, that nothing here can try
UNTRIED = {
    "docker build *": "tests/containers/ builds it",
    "docker login": "needs Docker and a registry",
    "docker run *": "needs Docker and an image of 400 MB",
    "pip install tox": "changes this Python; .ci/run is made of it",
    "python3 -m venv '~/tox'": "makes another Python",
    "'~/tox/bin/pip' install tox": "changes that one",
    "git lfs pull": "a program of its own",
    "tox run -e bench": "measures for half an hour",
    "git rm -r 'models/{*": "tried where the examples are, which a desk has not",
}
EXAMPLES = {"https://github.example.org/api/v3": "api_url", "https://github.example.org": "server_url"}
ADDRESS, AGENT = "http://127.0.0.1:8501", "http://127.0.0.1:8502"
MACHINE = {"/srv/models": "serving", "/srv/token": "token"}  # what lies on the serving machine: where it lies here
RUNS = {"1234567": runs.CHECK, "7654321": runs.REVIEW}  # the numbers that pages have for runs
CONDITION = re.compile(r"(!?)([a-z]+): ")
VARIABLE = re.compile(r"([A-Z_]+)=(.*)")


def environments() -> dict[str, str]:
    """Return the names that tox knows, each with its command."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(ROOT / "tox.ini")
    found = {}
    for section in ini.sections():
        kind, _, name = section.partition(":")
        stem, _, more = name.partition("{")
        for end in more.removesuffix("}").split(",") if kind == "testenv" and name else ():
            found[stem + end] = "\n".join(_of_factor(ini[section]["commands"].strip().splitlines(), end.removeprefix("-")))
    return found


def _of_factor(lines: list[str], factor: str) -> Iterator[str]:
    """Yield the lines that hold for an environment: some begin with a factor that it has, or, behind a `!`, has not."""
    for line in lines:
        condition = CONDITION.match(line)
        if condition is None or (condition[2] == factor) != bool(condition[1]):
            yield line[condition.end() :] if condition else line


TOX = environments()


class Desk:
    """Somebody's repository, GitHub and shell, where the commands of one script are run one after another."""

    def __init__(self, root: Path, hub: Hub | None, stack: ExitStack) -> None:
        self.root, self.hub, self._stack, self._server, self._agent = root, hub, stack, None, ""
        self.variables: dict[str, str] = {}

    def run(self, line: str) -> str:
        """Run a line as a shell would; return what it says, and fail as it fails."""
        words, said = shlex.split(line, comments=True), ""
        while words:
            end = words.index("&&") if "&&" in words else len(words)
            said += self._run(words[:end])
            words = words[end + 1 :]
        return said

    def _run(self, words: list[str]) -> str:
        text, variables = shlex.join(words), {}
        while found := VARIABLE.fullmatch(words[0]):
            variables[found[1]] = found[2]
            words = words[1:]
        if any(fnmatchcase(text, one) for one in UNTRIED):
            return ""
        match words:
            case ["export", *more]:
                self.variables |= dict(word.split("=", 1) for word in more)
                return ""
            case ["tox", "list"]:
                return "".join(f"{name}\n" for name in TOX)
            case ["tox"]:
                assert (ROOT / ".ci/run").read_text().endswith("\npip install tox && tox\n")
                return ""
            case [tool, "run", "-e", name, *more] if Path(tool).name == "tox":
                assert not more or more[0] == "--", text
                return self._command(shlex.split(TOX[name].splitlines()[0]), more[1:], variables)
            case ["python", *more]:
                return self._command(["python", more[0], "{posargs}"], more[1:], variables)
            case ["tmux", "new", "-d", inner]:
                return self.run(inner)
            case ["git", *more]:
                return git(self.root, *more)
            case ["curl", address, *more]:
                return self._ask(address, *more)
        raise AssertionError(f"nobody knows how to try `{text}`")

    def _command(self, command: list[str], words: list[str], variables: dict[str, str]) -> str:
        assert command[-1] == "{posargs}"
        if command[0] == "pytest":
            chosen = _collect(command[1], words)
            assert chosen or not words
            return chosen
        script = ROOT / command[1]
        assert command[0] == "python" and script in (ROOT / "scripts").glob("*.py")
        verb, words = importlib.import_module(script.stem), [self._here(word) for word in words]
        if script.stem == "serve" and "--help" not in words:
            return self._serve(*words)
        if script.stem == "agent" and not {"--help", "--unit", "--update", "--accept"} & {*words}:
            return self._follow(*words)
        is_whole = script.stem not in ONLY_PARSED and not {"--update", "--accept"} & {*words}
        first = int if is_whole else _stop_after_parsing
        if self.hub is None:
            assert not variables
            code, said = forks.run(self.root, partial(console.run, verb.main), *words, first=partial(_both, first))
        else:
            assert set(variables) <= {"GITHUB_TOKEN"}
            told = {name: self._here(value) for name, value in self.variables.items()}
            code, said = talking.run(self.root, self.hub, verb, *words, first=first, **told)
        assert code == 0, said
        return said

    def _here(self, word: str) -> str:
        """Return a word of a page as it is here: the example's server and run, the serving machine's folder."""
        if self.hub:
            word = getattr(self.hub, EXAMPLES.get(word, ""), word)
            told = self.hub.repository.runs.items() if word in RUNS else ()
            word = next((str(number) for number, one in told if one["path"] == RUNS[word]), word)
        return str(self.root / MACHINE[word]) if word in MACHINE else word

    def _serve(self, *words: str) -> str:
        self._stack.enter_context(server := servers.running(self.root, *servers.SERVE[:2], *words, "--port=0"))
        return str(server)

    def _follow(self, *words: str) -> str:
        """Run an agent whose origin is this repository, or the hub, until a round of it went well."""
        if "origin" not in git(self.root, "remote").split():
            git(self.root, "clone", "--quiet", "--bare", str(self.root), f"{self.root}.git")
            git(self.root, "remote", "add", "origin", self.hub.git_url if self.hub else f"{self.root}.git")
        own = self.hub.environment if self.hub else {}
        _, log = self._stack.enter_context(followers.running(self.root, *words, **own))
        servers.until(lambda: "/healthz" in log.read_text(), "an agent")
        self._agent = re.search(r"(http://\S+)/healthz", log.read_text())[1]
        servers.until(lambda: requests.get(f"{self._agent}/healthz").ok, "a round that ended well")
        return log.read_text()

    def _ask(self, address: str, *words: str) -> str:
        if self._server is None and address.startswith(ADDRESS):
            served = servers.running(self.root, *servers.SERVE, "--path", "serving")
            self._server = self._stack.enter_context(served)
        command = ["curl", "--fail-with-body", "--silent", "--show-error", *words]
        here = {ADDRESS: self._server and self._server.url, AGENT: self._agent}
        (place,) = (one for one in here if address.startswith(one))
        address = address.replace(place, here[place])
        done = subprocess.run([*command, address], capture_output=True, text=True, timeout=servers.DEADLINE)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def _both(first) -> None:
    forget_github()
    first()


def _stop_after_parsing() -> None:
    """Let a verb end once it has understood its words."""
    parse = ArgumentParser.parse_args

    def parse_and_stop(self: ArgumentParser) -> None:
        parse(self)
        sys.exit(0)

    ArgumentParser.parse_args = parse_and_stop


def _collect(folder: str, words: list[str]) -> str:
    """Tests are not run by tests: those that a word chooses must be there.

    One whose file has another name is no path behind its folder: pytest leaves out what lies in what it was given.
    """
    match words:
        case []:
            return ""
        case ["-k", name]:
            return "".join(f"{path.name}\n" for path in (ROOT / "tests").glob(f"test_*{name}*.py"))
        case ["-o", option, *_] if option.startswith("python_files="):
            return "".join(f"{path.name}\n" for path in (ROOT / folder).glob(option.partition("=")[2]))
    raise AssertionError(f"nobody knows what pytest makes of `{shlex.join(words)}`")


def forget_github() -> None:
    for name in [name for name in os.environ if name.startswith("GITHUB_")]:
        del os.environ[name]
