"""A version is proven where it answers, tried on a share of the requests, and put back and held where it does badly."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import forks
import pytest
import rich.table  # noqa: F401  what status imports late is here before the forks
from registries import candidate, commit, git, template
from servers import SERVE, Server, running, until

from registry.answering import overview
from registry.artifacts import litert  # noqa: F401  it loads what deploy proves
from registry.environments import standing
from registry.environments.reconcile import Ended
from registry.notifying import leaving
from registry.notifying.leaving import Left

PIN, RECORD = "environments/staging/digits.yaml", "deployments/staging/digits/deployed.json"
QUESTION = {"instances": [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]}
ROLLOUT = "rollout: {canary: 50%, for: 1m, abort: {errors: 60%}}\n"


def release(root: Path, version: str, **facts: object) -> None:
    spec = root / "models/digits/model.yaml"
    spec.write_text(re.sub("version: .*", f"version: {version}", spec.read_text(), count=1))
    commit(root)
    candidate(root, **facts)
    forks.verb(root, "publish", "digits")


def pin(root: Path, version: str) -> None:
    forks.verb(root, "promote", "digits", "staging", "--version", version)
    commit(root)


def deploy(root: Path, *words: str, code: int = 0) -> str:
    return forks.verb(root, "deploy", "staging", "--apply", "--wait", "0m", *words, code=code)


def settings(root: Path, text: str) -> None:
    """Add to what staging is."""
    file = root / "environments/staging.yaml"
    file.write_text(re.sub("(?s)(path: [^\n]*\n).*", rf"\1{text}", file.read_text()))


def later(root: Path, seconds: int) -> None:
    """Let it be so much later for what is tried."""
    facts = json.loads((root / RECORD).read_text())
    facts["trial"]["since"] -= seconds
    (root / RECORD).write_text(json.dumps(facts))


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with 1.0.0, 1.1.0 and 1.2.0 released, the last of which answers otherwise; 1.0.0 runs in staging."""
    root = template(tmp_path_factory.mktemp("trials") / "root")
    release(root, "1.0.0")
    release(root, "1.1.0", filler=1)
    release(root, "1.2.0", factor=3.0)
    pin(root, "1.0.0")
    forks.verb(root, "deploy", "staging", "--apply")
    return root


@pytest.fixture
def server(root: Path) -> Iterator[Server]:
    with running(root, *SERVE, "--path=deployments/staging") as server:
        settings(root, f"  endpoint: {server.url}\n{ROLLOUT}")
        yield server


def states(server: Server) -> dict[str, str]:
    found = server.get("/v1/models/digits").json()["model_version_status"]
    return {one["version"]: one["state"] for one in found}


def ask(server: Server, times: int) -> None:
    for _ in range(times):
        assert server.post("/v1/models/digits:predict", QUESTION).status_code == 200


def cell(root: Path) -> str:
    """Return how digits stands in staging, as status has it for programs' marks and people's words."""
    (digits,) = [one for one in overview.now(root, None, False).standings.values() if one.environment == "staging" and one.model == "digits"]
    return standing.cell(digits, lambda _, version: version, "")


def test_a_version_is_tried_beside_the_settled_one_and_settles_by_what_was_counted(root: Path, server: Server) -> None:
    pin(root, "1.1.0")
    said = deploy(root)
    assert "  ~ digits   1.0.0 → 1.1.0\n" in said
    assert said.endswith(
        "staging: 1 change made; digits is still tried\nnext: `tox run -e deploy -- staging --apply` goes on with it\n"
    )
    assert states(server) == {"1001000": "AVAILABLE", "1000000": "AVAILABLE"}
    assert cell(root) == "1.1.0 (is tried on 50% of the requests; 1.0.0 answers)"
    assert "1.1.0 is tried on 50% of the requests, for" in deploy(root)
    later(root, 61)
    ask(server, 60)
    said = forks.verb(root, "deploy", "staging", "--apply", "--wait", "1m", "--findings", "found/staging.json")
    assert said.startswith("  digits: 1.1.0 is tried on 50% of the requests, for a minute of a minute: 0% of ")
    figures = said.splitlines()[0].removeprefix("  digits: ")
    commit = git(root, "log", "--format=%H", "--max-count=1", "--", PIN).strip()
    (found,), problems = leaving.read_all(root, root / "found")
    assert (found, problems) == (
        Left("staging", [], True, False, [Ended("digits", "1.1.0", "promoted", figures, commit)]), [],
    )  # fmt: skip
    assert f"digits 1.1.0 was tried in staging, and promoted: {figures}\n" in forks.verb(root, "status")
    assert said.endswith("staging: nothing to do; it runs what is pinned\n")
    until(lambda: states(server) == {"1001000": "AVAILABLE"}, "the old version let go")
    assert cell(root) == "1.1.0"
    assert deploy(root) == "staging: nothing to do; it runs what is pinned\n"


def test_what_belongs_to_no_deploy_is_refused(root: Path) -> None:
    said = forks.verb(root, "deploy", "staging", "--apply", "--wait", "45s", code=2)
    assert "argument --wait: 45s is no time; write minutes, hours or days, for example 45m" in said
    said = forks.verb(root, "deploy", "staging", "--findings", "found.json", code=2)
    assert said.endswith("error: --findings goes with --apply\n")


def test_its_pin_reverted_a_trial_ends_at_once_and_going_back_is_no_trial(root: Path, server: Server) -> None:
    pin(root, "1.1.0")
    deploy(root)
    pin(root, "1.0.0")
    assert deploy(root).startswith("  ~ digits   1.1.0 → 1.0.0\nstaging: 1 change made\n")
    assert json.loads((root / RECORD).read_text()).keys() == {"version", "sha256"}
    assert deploy(root) == "staging: nothing to do; it runs what is pinned\n"


def test_one_that_is_withdrawn_while_it_is_tried_is_put_back_and_held(root: Path, server: Server) -> None:
    pin(root, "1.1.0")
    deploy(root)
    forks.verb(root, "withdraw", "digits", "1.1.0", "--reason", "bad")
    said = deploy(root, "--findings", "found.json", code=1)
    assert "is held since" in said and "was withdrawn while it was tried: bad" in said
    found = json.loads((root / "found.json").read_text())
    (held,), (ended,) = found["findings"], found["ended"]
    assert held.startswith("digits@v1.1.0 is held since ") and not found["is_well"]
    assert (ended["became"], ended["told"]) == ("put back", "was withdrawn while it was tried: bad")
    assert cell(root) == "1.1.0 (held), runs 1.0.0"


def test_one_that_answers_otherwise_than_when_it_was_judged_is_held_until_its_pin_changes(root: Path) -> None:
    settings(root, "")
    pin(root, "1.2.0")
    change, held = "  ~ digits   1.0.0 → 1.2.0\n", f"{PIN}:1: version: digits@v1.2.0 is held since "
    why = "answers golden inputs otherwise than when it was judged (difference 0.33)"
    for words, told in (([], change), ([], ""), (["--retry"], change)):
        said = deploy(root, *words, code=1)
        assert said.startswith(told + held)
        assert said.endswith(
            f": {why}; pin another version, or try it again: `tox run -e deploy -- staging --apply --retry`\n1 problem\n"
        )
        assert cell(root) == "1.2.0 (held), runs 1.0.0"
    assert f"digits 1.2.0 is held in staging: {why}; `tox run" in forks.verb(root, "status")
    pin(root, "1.0.0")
    assert deploy(root) == "staging: nothing to do; it runs what is pinned\n"
    assert json.loads((root / "deployments/staging/.holds.json").read_text()) == {}
