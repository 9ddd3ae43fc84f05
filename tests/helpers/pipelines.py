"""Jenkins and GitLab CI as far as our pipelines use them: stages read from their files, played in clones by a shell.

Each stage has a clone of its own, as each agent has: only what is stashed, or an artifact, goes from one to the next.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from registries import ENVIRONMENT, git
from servers import ROOT

TOX = """\
#!/bin/sh
test "$1 $2" = "run -e" || exit 64
verb=$3; shift 3
if [ $# -gt 0 ]; then test "$1" = -- || exit 64; shift; fi
exec '{python}' '{scripts}'/"$verb.py" "$@"
"""
MERGE_REQUEST, MAIN = "$CI_MERGE_REQUEST_IID", "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"
SAYS = re.compile(
    r"""stage\('(?P<stage>[^']+)'\)\ \{ | sh\ '(?P<sh>[^']+)' | when\ \{\ (?P<when>branch\ 'main'|changeRequest\(\))\ \}
    | agent\ \{\ label\ '(?P<agent>\w+)'\ \} | (?P<name>\w+)\ =\ '(?P<value>[^']*)' | unstash\ '(?P<unstash>\w+)'
    | stash\ name:\ '(?P<stash>\w+)',\ includes:\ '(?P<includes>[^']+)',\ allowEmpty:\ true
    | archiveArtifacts\ artifacts:\ '(?P<archive>[^']+)' | (?P<always>always)\ \{
    | withCredentials\(\[gitUsernamePassword\(credentialsId:\ '(?P<credentials>[\w-]+)'\)\]\)\ \{
    | (?P<around>pipeline|environment|stages|steps|post)\ \{ | agent\ none | options\ \{\ disableConcurrentBuilds\(\)\ \}
    | (?P<end>\}) | //.*""",
    re.VERBOSE,
)  # fmt: skip


@dataclass
class Stage:
    """Commands with the credentials they have, those that run whatever becomes of them, and what it hands over."""

    name: str
    agent: str = ""
    when: str = ""
    commands: list[tuple[str, str]] = field(default_factory=list)
    always: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    takes: bool = False


@dataclass
class Pipeline:
    variables: dict[str, str]
    stages: list[Stage]


def jenkins(text: str) -> Pipeline:
    """Read a Jenkinsfile; one that holds anything else than stages, shell and credentials fails."""
    found, blocks = Pipeline({}, []), []
    for line in filter(None, map(str.strip, text.splitlines())):
        said = SAYS.fullmatch(line)
        assert said, f"neither a stage nor credentials: {line}"
        told = {name: value for name, value in said.groupdict().items() if value}
        if line.endswith("{"):
            blocks.append(told.get("credentials") or told.get("always") or "")
        if "end" in told:
            blocks.pop()
        elif "stage" in told:
            found.stages.append(Stage(told["stage"]))
        elif "name" in told:
            found.variables[told["name"]] = told["value"]
        elif told.keys() & {"agent", "when"}:
            vars(found.stages[-1]).update(told)
        elif "sh" in told and "always" in blocks:
            found.stages[-1].always.append(told["sh"])
        elif "sh" in told:
            found.stages[-1].commands.append((told["sh"], blocks[-1]))
        elif told.keys() & {"includes", "archive"}:
            found.stages[-1].kept.append(told.get("includes", told.get("archive")).removesuffix("/**"))
        elif "unstash" in told:
            found.stages[-1].takes = True
    assert not blocks
    return found


def gitlab(text: str) -> Pipeline:
    """Read a .gitlab-ci.yml."""
    document = yaml.safe_load(text)
    jobs = {name: job for name, job in document.items() if isinstance(job, dict) and "script" in job}
    order = document["stages"]
    stages = [stage for name, job in sorted(jobs.items(), key=lambda one: order.index(one[1].get("stage", one[0])))
              for stage in _job(name, job)]  # fmt: skip
    return Pipeline({name: str(value) for name, value in document["variables"].items()}, stages)


def _job(name: str, job: dict) -> Iterator[Stage]:
    (rule,) = job.get("rules", [{"if": ""}])
    when = {"": "", MERGE_REQUEST: "changeRequest()", MAIN: "branch 'main'"}[rule["if"]]
    for value in job.get("parallel", {}).get("matrix", [{"ENVIRONMENT": [""]}])[0]["ENVIRONMENT"]:
        commands = [(line.replace("$ENVIRONMENT", value), "") for line in job["script"]]
        kept = job.get("artifacts", {}).get("paths", [])
        yield Stage(name, ",".join(job.get("tags", [])), when, commands, job.get("after_script", []), kept, True)


class Agents:
    """Machines that play pipelines: each stage in a new clone of a bare origin."""

    def __init__(self, folder: Path, origin: Path, **variables: str) -> None:
        self._folder, self._origin, self._variables = folder, origin, variables
        self.handed = folder / "handed"  # what the last pipeline's stages handed over
        (folder / "bin").mkdir(parents=True)
        (folder / "bin/tox").write_text(TOX.format(python=sys.executable, scripts=ROOT / "scripts"))
        (folder / "bin/tox").chmod(0o755)

    def play(self, pipeline: Pipeline, branch: str, *, is_change: bool, **variables: str) -> tuple[list[str], str]:
        """Play what runs for a change or for main; return the stages, up to the first that failed, and what they said."""
        shutil.rmtree(self.handed, ignore_errors=True)
        self.handed.mkdir()
        path = f"{self._folder}/bin:{os.environ['PATH']}"
        own = ENVIRONMENT | pipeline.variables | self._variables | variables | {"PATH": path}
        played, said = [], ""
        for stage in pipeline.stages:
            if stage.when in ("", "changeRequest()" if is_change else "branch 'main'"):
                more, code = self._stage(stage, branch, own)
                played.append(f"{stage.name} failed" if code else stage.name)
                said += more
                if code:
                    break
        return played, said

    def _stage(self, stage: Stage, branch: str, variables: Mapping[str, str]) -> tuple[str, int]:
        clone = self._folder / "clone"
        shutil.rmtree(clone, ignore_errors=True)
        git(self._folder, "clone", "--quiet", str(self._origin), str(clone))
        git(clone, "checkout", "--quiet", "--detach", f"origin/{branch}")
        if stage.takes:
            shutil.copytree(self.handed, clone, dirs_exist_ok=True)
        said, code = "", 0
        for command, credentials in stage.commands:
            own = {"GIT_USERNAME": "jenkins", "GIT_PASSWORD": credentials} if credentials else {}
            done = _run(command, clone, variables | own)
            said, code = said + done.stdout, done.returncode
            if code:
                break
        for command in stage.always:
            done = _run(command, clone, variables)
            assert done.returncode == 0, done.stdout
            said += done.stdout
        for name in stage.kept if stage.always or not code else []:
            _copy(clone / name, self.handed / name)
        return said, code


def _run(command: str, folder: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess:
    """Run a line as schedulers do: by a plain shell that stops at what fails."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.run(["sh", "-ec", command], cwd=folder, env=variables, **streams)


def _copy(source: Path, place: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, place, dirs_exist_ok=True)
    elif source.exists():
        shutil.copy(source, place)
