"""A version is proven where it answers, tried on a share of the requests, and put back and held where it does badly."""

import itertools
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import forks
import pytest
import requests
import rich.table  # noqa: F401  what status imports late is here before the forks
from registries import candidate, commit, git, template
from servers import SERVE, Server, running, until

from registry.answering import overview
from registry.artifacts import litert  # noqa: F401  it loads what deploy proves
from registry.destinations import aiming, interface
from registry.destinations.interface import Target
from registry.environments import manifests, standing
from registry.environments.reconcile import Ended, Running
from registry.errors import RegistryError
from registry.notifying import leaving
from registry.notifying.leaving import Left
from registry.releases.folder import FolderStore

PIN, RECORD = "environments/staging/digits.yaml", "deployments/staging/digits/deployed.json"
QUESTION = {"instances": [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]}
YEAR = 365 * 24 * 3600  # seconds
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
    counted(root, lambda one: {"spent": one["spent"] + seconds})


def counted(root: Path, changed: Callable[[dict], dict]) -> None:
    """Change what is kept of what is tried."""
    file = root / "deployments/staging/.trials.json"
    kept = json.loads(file.read_text())
    kept["counts"] = [one | changed(one) for one in kept["counts"]]
    file.write_text(json.dumps(kept))


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
    (digits,) = [one for one in overview.now(root, None).standings.values() if one.environment == "staging" and one.model == "digits"]
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


def test_its_pin_reverted_a_trial_ends_at_once_and_going_back_is_no_trial_but_what_was_gone_back_from_is(root: Path, server: Server) -> None:
    pin(root, "1.1.0")
    deploy(root)
    pin(root, "1.0.0")
    assert deploy(root).startswith("  ~ digits   1.1.0 → 1.0.0\nstaging: 1 change made\n")
    assert json.loads((root / RECORD).read_text()).keys() == {"version", "sha256"}
    assert deploy(root) == "staging: nothing to do; it runs what is pinned\n"
    pin(root, "1.1.0")
    assert "1 change made; digits is still tried\n" in deploy(root)


def test_a_trial_lasts_its_time_whatever_becomes_of_the_clock_the_machine_and_what_is_kept(root: Path, server: Server) -> None:
    pin(root, "1.1.0")
    deploy(root)
    facts = json.loads((root / RECORD).read_text())
    for ahead in YEAR, -YEAR:  # of the clock, since it began
        facts["trial"]["since"] += ahead
        (root / RECORD).write_text(json.dumps(facts))
        assert "cannot tell" not in (said := deploy(root)) and "digits is still tried\n" in said
    counted(root, lambda _: {"at": ["another start", 9e9]})
    ask(server, 60)
    assert "digits is still tried\n" in deploy(root)
    (root / "deployments/staging/.trials.json").unlink()
    facts["trial"]["since"] -= YEAR
    (root / RECORD).write_text(json.dumps(facts))
    assert "for a minute of a minute: no request failed; cannot tell yet: " in deploy(root)
    ask(server, 60)
    assert deploy(root).endswith("staging: nothing to do; it runs what is pinned\n")
    assert settled(root) == ("1.1.0", None)


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


def settled(root: Path) -> tuple[str, str | None]:
    """Return the version that is settled, and the one that is tried."""
    facts = json.loads((root / RECORD).read_text())
    return facts["version"], facts.get("trial", {}).get("version")


def answers(root: Path) -> list[str]:
    """Return what lies in the folder of digits but for its record."""
    return sorted(one.name for one in (root / RECORD).parent.iterdir() if one.name != "deployed.json")


def place(root: Path) -> Target:
    """Return the target as a new process has it."""
    return aiming.find(root, manifests.find(root, "staging"))


def brought(root: Path, share: float) -> None:
    """Let digits 1.1.0 answer a share of the requests, by the target alone."""
    wanted = manifests.find(root, "staging").pins["digits"]
    store = FolderStore(root, root / "releases")
    place(root).begin(interface.delivery(store, store.facts("digits@v1.1.0"), wanted), share)


def killed_everywhere(root: Path, act: Callable[[Path], object], first: int) -> Iterator[Running]:
    """Kill something done to the target before its steps, four apart; yield what runs of digits once it is held again."""
    start = Path(shutil.copytree(root / "deployments", root / "start"))
    for steps in itertools.count(first, step=4):
        is_done = forks.survives(root, lambda: held(root, act), steps=steps)
        held(root, lambda root: None)
        yield place(root).running()["digits"]
        shutil.rmtree(root / "deployments")
        shutil.copytree(start, root / "deployments")
        if is_done:
            break
    shutil.rmtree(start)


def held(root: Path, act: Callable[[Path], object]) -> None:
    with place(root).locked():
        act(root)


@pytest.mark.parametrize(("share", "first"), [(0.5, 0), (1.0, 2)])
def test_whatever_is_killed_at_a_trial_is_either_done_or_undone_and_never_drift(root: Path, share: float, first: int) -> None:
    pin(root, "1.1.0")
    before, tried, after = ("1.0.0", None), ("1.0.0", share), ("1.1.0", None)
    told = "rollout: {canary: 50%, for: 1m}\nhealth: {metrics: 'http://127.0.0.1:9/metrics'}\ndrift: report\n"
    settings(root, told)
    begin = partial(brought, share=share)
    found = [*killed_everywhere(root, begin, first)]
    assert {(one.version, one.trial and one.trial.share, one.healthy) for one in found} == {(*before, True), (*tried, True)}
    held(root, begin)
    for name, ends in ("widen", {tried, ("1.0.0", 1.0)}), ("settle", {tried, after}), ("put_back", {tried, before}):
        found = [*killed_everywhere(root, lambda root: getattr(place(root), name)("digits"), first)]
        assert {(one.version, one.trial and one.trial.share) for one in found if one.healthy} == ends, name
        assert all(one.healthy for one in found), name


def test_what_is_begun_again_after_a_kill_or_damage_is_tried_and_not_put_in_place_of_all(root: Path, server: Server) -> None:
    pin(root, "1.1.0")
    deploy(root)
    facts = json.loads((root / RECORD).read_text())
    (root / RECORD).write_text(json.dumps(facts | {"proven": False}))
    assert deploy(root).startswith("  ~ digits   1.0.0 → 1.1.0\n")
    assert settled(root) == ("1.0.0", "1.1.0")
    for number in "1001000", "1000000":
        (root / "deployments/staging/digits" / number / "saved_model.pb").write_text("another")
        said = deploy(root)
        assert said.startswith("  ! digits   1.1.0 (drift: repair)\n") and "1 change made; digits is still tried\n" in said
        assert (settled(root), place(root).running()["digits"].healthy) == (("1.0.0", "1.1.0"), True)


def test_what_answers_in_place_of_what_is_held_is_put_right_as_all_else(root: Path) -> None:
    settings(root, "")
    pin(root, "1.2.0")
    deploy(root, code=1)
    damaged = root / "deployments/staging/digits/1000000/saved_model.pb"
    damaged.write_text("another")
    settings(root, "drift: report\n")
    assert "what runs is not digits@v1.0.0 as it was deployed" in deploy(root, code=1)
    settings(root, "")
    said = forks.verb(root, "deploy", "staging")
    assert said.startswith("staging\n  ! digits   1.0.0 (drift: repair)\n1 change. Nothing was touched: run with --apply.\n")
    assert "digits@v1.2.0 is held since" in said
    said = deploy(root, code=1)
    assert said.startswith("  ! digits   1.0.0 (drift: repair)\n") and said.endswith("1 problem\n")
    assert damaged.read_text() != "another"
    assert deploy(root, code=1).startswith(f"{PIN}:1: version: digits@v1.2.0 is held since ")
    pin(root, "1.0.0")
    assert deploy(root) == "staging: nothing to do; it runs what is pinned\n"


def test_a_version_kept_aside_that_is_lost_is_brought_again_when_it_is_to_answer(root: Path) -> None:
    settings(root, "health: {watch: 5m, metrics: 'http://127.0.0.1:9/metrics'}\n")
    pin(root, "1.1.0")
    assert "is still tried" in deploy(root)
    shutil.rmtree(root / "deployments/staging/.kept")
    pin(root, "1.0.0")
    assert deploy(root).startswith("  ~ digits   1.1.0 → 1.0.0\nstaging: 1 change made\n")
    assert answers(root) == ["1000000"]
    assert deploy(root) == "staging: nothing to do; it runs what is pinned\n"


def test_figures_that_nobody_tells_end_a_trial_however_often_deploy_only_looks(root: Path) -> None:
    settings(root, "rollout: {canary: 50%, for: 1m}\nhealth: {metrics: 'http://127.0.0.1:9/metrics'}\n")
    pin(root, "1.1.0")
    deploy(root)
    later(root, 121)
    for _ in range(2):
        assert "its figures can't be read just now; http://127.0.0.1:9/metrics: nobody answers" in deploy(root)
    assert "cannot tell after 2 minutes: nothing could be read of it; http://127.0.0.1:9/metrics: nobody answers" in deploy(root, code=1)
    assert (settled(root), answers(root)) == (("1.0.0", None), ["1000000"])
    assert not (root / "deployments/staging/.trials.json").exists()


BROKEN = [None, float("inf"), float("nan"), "x", [], "1" * 5000]


def test_a_record_that_nobody_can_have_written_is_drift_and_is_put_right(root: Path, server: Server) -> None:
    pin(root, "1.1.0")
    deploy(root)
    record = (root / RECORD).read_text()
    facts = json.loads(record)
    for turn, name in enumerate(("since", "share", "version", "sha256", "all")):
        broken = [{"trial": value if name == "all" else facts["trial"] | {name: value}} for value in BROKEN]
        for one in broken:
            (root / RECORD).write_text(json.dumps(facts | one))
            assert not place(root).running()["digits"].healthy, one
        (root / RECORD).write_text(json.dumps(facts | broken[turn]))
        forks.verb(root, "status")
        deploy(root)
        assert place(root).running()["digits"].healthy


def test_holds_that_nobody_can_have_written_are_told(root: Path, server: Server) -> None:
    file = root / "deployments/staging/.holds.json"
    told = f"{file}: is damaged, so nobody knows what must not be tried again; take it away, and all is tried that is pinned"
    for value in BROKEN:
        file.write_text(json.dumps({"digits": dict.fromkeys(("version", "sha256", "why", "since"), value)}))
        with pytest.raises(RegistryError, match=re.escape(told)):
            place(root).holds()
    assert told in deploy(root, code=1) and told in forks.verb(root, "status", code=1)


@contextmanager
def load(server: Server) -> Iterator[list[int]]:
    """Ask all the while without a break; yield the statuses of the answers, which grow meanwhile."""
    statuses, is_over = [], threading.Event()

    def keep_asking() -> None:
        with requests.Session() as session:
            while not is_over.is_set():
                statuses.append(session.post(f"{server.url}/v1/models/digits:predict", json=QUESTION).status_code)

    with ThreadPoolExecutor(2) as threads:
        found = [threads.submit(keep_asking) for _ in range(2)]
        try:
            yield statuses
        finally:
            is_over.set()
    assert [one.exception() for one in found] == [None, None]


def test_no_request_fails_while_a_version_is_tried_put_back_watched_aborted_and_healed(root: Path, server: Server) -> None:
    with load(server) as statuses:
        pin(root, "1.1.0")
        deploy(root)
        pin(root, "1.0.0")
        deploy(root)
        settings(root, f"  endpoint: {server.url}\nhealth: {{watch: 1m}}\n")
        pin(root, "1.1.0")
        assert "1 change made; digits is still tried\n" in deploy(root)
        forks.verb(root, "withdraw", "digits", "1.1.0", "--reason", "bad")
        assert "was withdrawn while it was tried: bad" in deploy(root, code=1)
        (root / "deployments/staging/digits/1000000/saved_model.pb").write_text("another")
        assert deploy(root, code=1).startswith("  ! digits   1.0.0 (drift: repair)\n")
        forks.verb(root, "catalogue")
    assert set(statuses) == {200}
