"""Two commands of a team's own: what they are given, what they may answer, and what happens when they do otherwise."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import handbook
import pytest
from loopback import Call, answering
from servers import until
from stages import MADE, ROW, CommandStage, artifact

from registry.environments.reconcile import Hold
from registry.errors import RegistryError

PYTHON = f"{sys.executable} -S deploy/cloud.py"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[CommandStage]:
    made = CommandStage(tmp_path)
    yield made
    made.close()


def script(stage: CommandStage, code: str) -> None:
    """Let both commands be this."""
    (stage.root / "deploy/cloud.py").write_text(code)


def told(stage: CommandStage) -> str:
    with pytest.raises(RegistryError) as error:
        stage.target().running()
    (problem,) = error.value.problems
    assert "\n" not in str(problem)
    return str(problem)


KEEPING = """
import json, os, pathlib, sys
given = json.load(sys.stdin)
kept = pathlib.Path("deployments/given")
kept.parent.mkdir(exist_ok=True)
line = {"command": sys.argv[1:], "given": given, "in": os.getcwd(), "tokens": [name for name in os.environ if "TOKEN" in name]}
if given.get("artifact"):
    line["size"] = os.path.getsize(given["artifact"])
with kept.open("a") as file:
    print(json.dumps(line), file=file)
if sys.argv[1] == "observe":
    print(json.dumps({"models": json.loads(os.environ["OBSERVED"])}))
"""


def test_each_is_given_the_plan_as_json_in_the_repository_s_root_and_no_token_of_deploy(
    stage: CommandStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(stage, KEEPING)
    for name in "GITHUB_TOKEN", "REGISTRY_TOKEN", "CLOUD_TOKEN":
        monkeypatch.setenv(name, "secret")
    stage.pin("1.0.0")
    sha256, size = artifact("1.0.0")[0].sha256, artifact("1.0.0")[0].size
    monkeypatch.setenv("OBSERVED", "{}")
    assert stage.plan() == ["+ digits   1.0.0"]
    target = stage.target()
    assert target.running() == {}
    trial = {"version": "1.0.0", "sha256": sha256, "since": 1.5, "share": 1.0}
    monkeypatch.setenv("OBSERVED", json.dumps({"digits": {"settled": None, "trial": trial, "healthy": True}}))
    target.begin(stage.delivery("1.0.0"), 1.0)
    target.settle("digits")
    target.hold("digits", Hold("1.0.0", sha256, "why", 2.5))
    target.remove("digits")
    lines = [json.loads(line) for line in (stage.root / "deployments/given").read_text().splitlines()]
    assert {(line["in"], *line["tokens"]) for line in lines} == {(os.path.realpath(stage.root), "CLOUD_TOKEN")}
    pins = {"environment": "staging", "pins": {"digits": {"version": "1.0.0", "sha256": sha256}}}
    asked = [line["given"] for line in lines if line["command"] == ["observe"]]
    assert all(one == pins for one in asked)
    begin, settle, hold, remove = (line for line in lines if line["command"] == ["apply"])
    assert begin["size"] == size
    assert begin["given"].pop("artifact").endswith("model-1.0.0.tar")
    since = begin["given"]["trial"].pop("since")
    assert abs(since - time.time()) < 600
    version = {"version": "1.0.0", "sha256": sha256}
    assert begin["given"] == {
        "environment": "staging", "step": "begin", "model": "digits",
        "settled": None, "trial": version | {"share": 1.0}, "hold": None,
    }  # fmt: skip
    plan = {"environment": "staging", "model": "digits", "artifact": None, "trial": None}
    held = version | {"why": "why", "since": 2.5}
    assert settle["given"] == plan | {"step": "settle", "settled": version, "hold": None}
    assert hold["given"] == plan | {"step": "hold", "settled": version, "hold": held}
    assert remove["given"] == plan | {"step": "remove", "settled": None, "hold": None}


ANSWERS = {
    "print('[1, 2')": "is not JSON (Expecting ',' delimiter: line 2 column 1 (char 6))",
    "": "is not JSON (Expecting value: line 1 column 1 (char 0))",
    "print('<html>')": "is not JSON (Expecting value: line 1 column 1 (char 0))",
    "print('[]')": "is damaged (it is empty)",
    "print('{}')": "is damaged (models is missing)",
    """print('{"models": {"digits": {"version": "1.0.0"}}}')""": "is damaged (models.digits",
    """print('{"models": {"Digits!": {"settled": null, "trial": null, "healthy": true}}}')""": "is damaged (models",
    """print('{"models": {"digits": {"settled": null, "trial": null, "healthy": "yes"}}}')""": "is damaged (models.digits.healthy",
    """print('{"models": {}}', '{"models": {}}')""": "is not JSON (Extra data",
    """print('{"models": NaN}')""": "is not JSON (Out of range float values",
}


@pytest.mark.parametrize("code", ANSWERS)
def test_what_is_no_answer_by_the_schema_is_a_failure_and_never_nothing(stage: CommandStage, code: str) -> None:
    script(stage, code)
    said = told(stage)
    assert said.startswith(f"{PYTHON} observe: {ANSWERS[code]}")
    assert said.endswith("; print JSON by scripts/schemas/observed.json and nothing else")


FAILURES = {
    "import sys; sys.exit(3)": "ended with exit code 3, and said nothing",
    "import sys; print('{\"models\": {}}'); sys.exit('no credentials')": "ended with exit code 1; it said last: no credentials",
    "import os; os.kill(os.getpid(), 15)": "ended with signal 15, and said nothing",
    "import sys; sys.stderr.write('\\n'.join(map(str, range(9))) + '\\x1b[31m\\n'); sys.exit(1)":
        "ended with exit code 1; it said last: 6 / 7 / 8\\x1b[31m",
    "1/0": f"ended with exit code 1; it said last: {'{}'} / ZeroDivisionError: division by zero",
    "import sys\nwhile True: sys.stdout.write('x' * 100000)": "printed more than 8,388,608 bytes and was ended, and said nothing",
    "import sys; sys.stdout.write('x' * 9_000_000)": "printed more than 8,388,608 bytes and was ended, and said nothing",
    "import time\ntime.sleep(100)":
        "took more than 1 s and was ended; raise target.deadline, or find out what it waits for, and said nothing",
}  # fmt: skip


@pytest.mark.parametrize("code", FAILURES)
def test_a_command_that_fails_is_told_with_what_it_said_last(stage: CommandStage, code: str) -> None:
    script(stage, code)
    text = (stage.root / "environments/staging.yaml").read_text()
    (stage.root / "environments/staging.yaml").write_text(f"{text}  deadline: {1 if 'sleep' in code else 60}s\n")
    said, wanted = told(stage), FAILURES[code]
    assert said.startswith(f"environments/staging.yaml:6: target.observe: {PYTHON} observe ended with exit code 1; it said last: "
                           if "1/0" in code else f"environments/staging.yaml:6: target.observe: {PYTHON} observe {wanted}")  # fmt: skip
    assert said.endswith(wanted.partition("{}")[2])


def test_at_the_deadline_all_that_a_command_started_is_ended(stage: CommandStage) -> None:
    note = stage.root / "pid"
    script(stage, f"import subprocess, time\nprocess = subprocess.Popen(['sleep', '1000'])\n"
                  f"open({str(note)!r}, 'w').write(str(process.pid))\ntime.sleep(1000)")  # fmt: skip
    text = (stage.root / "environments/staging.yaml").read_text()
    (stage.root / "environments/staging.yaml").write_text(f"{text}  deadline: 2s\n")
    assert "took more than 2 s and was ended" in told(stage)
    pid = int(note.read_text())
    until(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split(") ")[1][:1],
          "the end of what it started")  # fmt: skip
    with pytest.raises(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)


def test_a_program_that_is_not_there_or_no_program_is_told(stage: CommandStage) -> None:
    for word, why in ("no-such-program", "no such file or directory"), ("./environments/staging.yaml", "permission denied"):
        (stage.root / "environments/staging.yaml").write_text(
            "description: A test.\ntakes_from: releases\ntarget:\n  type: command\n"
            f"  observe: [{word}, $HOME, '; id']\n  apply: [{word}]\n"
        )
        advice = "name a program on the PATH, or in the repository"
        assert told(stage) == f"environments/staging.yaml:5: target.observe: {word} $HOME ; id can't be started: {why}; {advice}"


def test_no_shell_reads_the_words(stage: CommandStage) -> None:
    code = "import json, sys; sys.stdin.read(); print(json.dumps({'models': {}}), file=sys.stdout if sys.argv[2:] == ['$HOME', '; id', '*'] else sys.stderr)"
    script(stage, code)
    text = (stage.root / "environments/staging.yaml").read_text()
    (stage.root / "environments/staging.yaml").write_text(text.replace("cloud.py, observe]", "cloud.py, observe, $HOME, '; id', '*']"))
    assert stage.target().running() == {}


def test_what_apply_says_it_did_must_be_seen_by_observe(stage: CommandStage) -> None:
    code = (stage.root / "deploy/cloud.py").read_text()
    stage.pin("1.0.0")
    stage.deploy()
    stage.write(within=1)
    script(stage, code.replace('if plan["artifact"]:', 'if plan["step"] == "begin":\n    sys.exit()\nif plan["artifact"]:'))
    stage.pin("1.1.0")
    with pytest.raises(RegistryError, match="after apply, digits should be 1.1.0, and observe tells 1.0.0; look at what both do"):
        stage.deploy()
    assert stage.runs() == ("1.0.0", True, None)


def test_where_it_answers_all_requests_it_is_proven_at_its_endpoint(stage: CommandStage) -> None:
    factor = 2

    def answer(call: Call) -> None:
        call.reply(200, {"predictions": (factor * ROW).tolist()})

    with answering(answer) as server:
        text = (stage.root / "environments/staging.yaml").read_text()
        (stage.root / "environments/staging.yaml").write_text(f"{text}  endpoint: {server.url()}/{{model}}\n".replace("20s", "1s"))
        stage.pin("1.0.0")
        stage.deploy()
        assert {*server.told} == {"POST /digits/v1/models/digits:predict"}
        stage.pin("1.1.0")
        with pytest.raises(RegistryError, match="/digits/v1/models/digits:predict: answers|answers golden inputs otherwise"):
            stage.deploy()
        assert stage.runs() == ("1.0.0", True, None)
        stage.target().hold("digits", None)
        factor = 3
        assert stage.deploy() == ["~ digits   1.0.0 → 1.1.0"]


MUTE = """import pathlib

begun = pathlib.Path("deployments/begun")
if sys.argv[1] == "observe" and begun.exists():
    sys.exit("no network")
if plan.get("step") == "begin":
    begun.touch()
elif plan.get("step"):
    begun.unlink(missing_ok=True)
"""


def test_that_nobody_can_tell_what_was_applied_is_no_fault_of_a_version(stage: CommandStage) -> None:
    """It is put back, and tried again by the next deploy: only what answers otherwise than it was judged is held."""
    code = (stage.root / "deploy/cloud.py").read_text()
    stage.pin("1.0.0")
    stage.deploy()
    stage.write(within=1)
    script(stage, code.replace("models =", MUTE + "models =", 1))
    stage.pin("1.1.0")
    with pytest.raises(RegistryError, match="observe ended with exit code 1; it said last: no network"):
        stage.deploy()
    script(stage, code)
    assert (stage.runs(), stage.target().holds()) == (("1.0.0", True, None), {})
    with answering(lambda call: call.reply(200, b"<html>")) as server:
        text = (stage.root / "environments/staging.yaml").read_text()
        (stage.root / "environments/staging.yaml").write_text(f"{text}  endpoint: {server.url()}\n")
        with pytest.raises(RegistryError, match="answers 200 with HTML, as no model server does; check target.endpoint"):
            stage.deploy()
    assert (stage.runs(), stage.target().holds()) == (("1.0.0", True, None), {})


def test_what_went_wrong_when_it_was_put_back_is_told_too(stage: CommandStage) -> None:
    code = (stage.root / "deploy/cloud.py").read_text()
    stage.pin("1.0.0")
    stage.deploy()
    script(stage, code.replace('if plan["artifact"]:', 'if sys.argv[1] == "apply":\n    sys.exit(f"no {plan[\'step\']} today")\nif plan["artifact"]:'))
    stage.pin("1.1.0")
    with pytest.raises(RegistryError) as error:
        stage.deploy()
    assert [str(one).partition("last: ")[2] for one in error.value.problems] == ["no begin today", "no put-back today"]


def test_why_a_version_is_held_is_short_enough_to_be_kept_and_told_by_commands(stage: CommandStage) -> None:
    code, text = (stage.root / "deploy/cloud.py").read_text(), (stage.root / "environments/staging.yaml").read_text()
    stage.pin("1.0.0")
    stage.deploy()
    script(stage, code.replace('if plan["artifact"]:', 'if plan["step"] == "put-back":\n    sys.exit("\\n".join(["x" * 500] * 3))\nif plan["artifact"]:'))
    (stage.root / "environments/staging.yaml").write_text(text.replace("cloud.py, apply]", f"cloud.py, apply, {'y' * 500}]"))
    stage.pin("1.2.0")
    with pytest.raises(RegistryError, match="digits@v1.2.0 is held since .* answers golden inputs otherwise"):
        stage.deploy()
    assert len(stage.target().holds()["digits"].why) == 501


CLOUD = '''
"""What of boto3 the example on the page calls, in a folder."""
import json, os, pathlib, types

here = pathlib.Path(os.environ["TARGET_CLOUD"])

def kept(change=None):
    found = json.loads((here / "cloud.json").read_text()) if (here / "cloud.json").exists() else {"endpoints": {}, "configs": {}, "models": {}}
    if change:
        change(found)
        (here / "cloud.json").write_text(json.dumps(found))
    return found

def bring(is_new, EndpointName, EndpointConfigName):
    def change(found):
        assert is_new != (EndpointName in found["endpoints"]) and EndpointConfigName in found["configs"]
        found["endpoints"][EndpointName] = EndpointConfigName
    kept(change)

def create_model(ModelName, ExecutionRoleArn, PrimaryContainer):
    def change(found):
        assert ModelName not in found["models"] and len(ModelName) < 64
        name = found["models"][ModelName] = PrimaryContainer["ModelDataUrl"].removeprefix("s3://octo/")
        assert (here / name).read_bytes()[:2] == bytes([31, 139]) and name.endswith(".tar.gz")
    kept(change)

def create_endpoint_config(EndpointConfigName, ProductionVariants):
    def change(found):
        assert EndpointConfigName not in found["configs"] and {one["ModelName"] for one in ProductionVariants} <= found["models"].keys()
        (found["configs"][EndpointConfigName],) = [one["ModelName"] for one in ProductionVariants]
    kept(change)

def put_object(Bucket, Key, Body):
    (here / Key).write_bytes(Body.encode() if isinstance(Body, str) else Body)

def client(name):
    return types.SimpleNamespace(
        get_object=lambda Bucket, Key: {"Body": open(here / Key)}, put_object=put_object,
        create_model=create_model, create_endpoint_config=create_endpoint_config,
        get_paginator=lambda name: types.SimpleNamespace(paginate=lambda: [] if name != "list_endpoints" else [
            {"Endpoints": [{"EndpointName": one, "EndpointStatus": "InService"}]} for one in kept()["endpoints"]]),
        create_endpoint=lambda **names: bring(True, **names), update_endpoint=lambda **names: bring(False, **names),
        delete_endpoint=lambda EndpointName: kept(lambda found: found["endpoints"].pop(EndpointName)),
    )
'''


def test_the_example_on_the_page_does_all_that_is_asked_of_it(
    stage: CommandStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against what it calls as that is documented: nothing here has been tried with SageMaker."""
    (block,) = [one for one in handbook.blocks("environments/TARGETS.md") if one.lines[0] == "# deploy/sagemaker.py"]
    assert len(block.lines) <= 26
    script(stage, block.text)
    (tmp_path / "boto3.py").write_text(CLOUD)
    (tmp_path / "staging.json").write_text("{}")
    text = (stage.root / "environments/staging.yaml").read_text()
    (stage.root / "environments/staging.yaml").write_text(text.replace("-S, ", ""))
    for name, value in {"CLOUD": tmp_path, "BUCKET": "octo", "ROLE": "role", "IMAGE": "image"}.items():
        monkeypatch.setenv(f"TARGET_{name}", str(value))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def answers() -> str | None:
        cloud = json.loads((tmp_path / "cloud.json").read_text())
        config = cloud["configs"].get(cloud["endpoints"].get("digits"))
        return config and {f"{artifact(one)[0].sha256}.tar.gz": one for one in MADE}[cloud["models"][config]]

    held = Hold("1.1.0", artifact("1.1.0")[0].sha256, "why", 2.5)
    stage.target().begin(stage.delivery("1.1.0"), 1.0)
    stage.target().put_back("digits")
    stage.target().hold("digits", held)
    assert (answers(), stage.target().running(), stage.target().holds()) == (None, {}, {"digits": held})
    stage.target().hold("digits", None)
    stage.pin("1.0.0")
    assert stage.deploy() == ["+ digits   1.0.0"]
    assert (answers(), stage.plan()) == ("1.0.0", [])
    cloud = json.loads((tmp_path / "cloud.json").read_text())
    (tmp_path / "cloud.json").write_text(json.dumps(cloud | {"endpoints": {}}))
    assert stage.deploy() == ["! digits   1.0.0 (drift: repair)"], "an endpoint that somebody deleted"
    assert (answers(), stage.plan()) == ("1.0.0", [])
    for _ in "once", "again":
        stage.target().begin(stage.delivery("1.1.0"), 1.0)
        assert (answers(), stage.runs()) == ("1.1.0", ("1.0.0", True, ("1.1.0", 1.0)))
        stage.target().put_back("digits")
        assert (answers(), stage.runs()) == ("1.0.0", ("1.0.0", True, None))
    stage.pin("1.1.0")
    assert (stage.deploy(), answers(), stage.plan()) == (["~ digits   1.0.0 → 1.1.0"], "1.1.0", [])
    stage.pin(None)
    assert stage.deploy(prune=True) == ["- digits   1.1.0"]
    assert (stage.target().running(), answers()) == ({}, None)
