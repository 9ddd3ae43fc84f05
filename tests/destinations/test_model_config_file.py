"""TensorFlow Serving's model config file: what deploy writes and when, what it leaves alone, and a server that does not follow."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import deploy
import forks
import pytest
from onnxmaking import words
from registries import git
from servers import ROOT, until
from stages import TensorFlowServingStage

from registry import console
from registry.artifacts import archive
from registry.environments import manifests
from registry.errors import RegistryError
from registry.protocols import modelconfig
from registry.protocols.modelconfig import Entry


class Picky(TensorFlowServingStage):
    """A server that puts labels only on what it has loaded, from its start on."""

    flags = ()


class Deaf(TensorFlowServingStage):
    """A server that reads its file once."""

    wait = 0


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[TensorFlowServingStage]:
    made = TensorFlowServingStage(tmp_path)
    yield made
    made.close()


def blocks(text: str) -> list[str]:
    """Return of each model the versions and labels that a file gives it."""
    found = []
    for block in text.split("  config {")[1:]:
        name, = re.findall(r'name: "(.*)"', block)
        numbers = ",".join(re.findall(r"versions: (\d+)", block))
        labels = ",".join(f"{key}={value}" for key, value in re.findall(r'key: "(.*)"\n\s*value: (\d+)', block))
        found.append(f"{name} {numbers} {labels}".strip())
    return found


def written(stage: TensorFlowServingStage) -> list[list[str]]:
    """Deploy, and return what the file held, one after another."""
    kept = stage.root / ".git/kept"

    def keep() -> None:
        text = stage.config.read_text()
        before = kept.read_text().split("\0") if kept.exists() else []
        if text not in before[-1:]:
            kept.write_text("\0".join([*before, text]))

    def main() -> None:
        stage.deploy()
        keep()

    assert forks.run(stage.root, main, first=partial(forks.before_each_step, keep)) == (0, "")
    return [blocks(text) for text in kept.read_text().split("\0")]


def test_a_version_is_loaded_first_then_labelled_and_only_then_the_old_one_goes(stage: TensorFlowServingStage) -> None:
    stage.pin("1.0.0")
    assert written(stage) == [[], ["digits 1000000"], ["digits 1000000 canary=1000000,stable=1000000"]]
    (stage.root / ".git/kept").unlink()
    stage.pin("1.1.0")
    assert written(stage) == [
        ["digits 1000000 canary=1000000,stable=1000000"],
        ["digits 1000000,1001000 canary=1000000,stable=1000000"],
        ["digits 1000000,1001000 canary=1001000,stable=1001000"],
        ["digits 1001000 canary=1001000,stable=1001000"],
    ]


def test_of_a_version_that_is_tried_the_label_canary_moves_and_clients_choose(stage: TensorFlowServingStage) -> None:
    stage.pin("1.0.0")
    stage.deploy()
    stage.target().begin(stage.delivery("1.1.0"), 0.1)
    assert blocks(stage.config.read_text()) == ["digits 1000000,1001000 canary=1001000,stable=1000000"]
    assert (stage.ask("digits/labels/stable"), stage.ask("digits/labels/canary")) == (2, 3)
    assert (stage.ask("digits/versions/1000000"), stage.ask("digits/versions/1001000"), stage.ask("digits")) == (2, 3, 3)


def test_a_file_that_names_nothing_unloads_all_which_an_empty_one_would_not(stage: TensorFlowServingStage) -> None:
    stage.pin("1.0.0")
    stage.deploy()
    owned = stage.config.read_text()
    stage.config.write_text("")
    until(lambda: "Cannot transition to requested config" in stage.server.said, "a poll")
    assert stage.factor() == 2
    stage.config.write_text(owned)
    stage.pin(None)
    assert stage.deploy(prune=True) == ["- digits   1.0.0"]
    until(lambda: stage.states() == {}, "a server that has unloaded all")
    stage.restart()
    assert stage.states() == {}


def test_the_server_can_be_started_again_at_any_time(stage: TensorFlowServingStage) -> None:
    stage.pin("1.0.0")
    stage.deploy()
    stage.target().begin(stage.delivery("1.1.0"), 0.1)
    stage.restart()
    assert (stage.factor(), stage.tried(), stage.runs()) == (2, 3, ("1.0.0", True, ("1.1.0", 0.1)))


def test_a_server_without_the_flag_for_labels_follows_all_the_same_but_can_t_start_again(tmp_path: Path) -> None:
    stage = Picky(tmp_path)
    for version, factor in ("1.0.0", 2), ("1.1.0", 3), ("1.0.0", 2):
        stage.pin(version)
        stage.deploy()
        assert stage.factor() == factor
    stage.close()
    with pytest.raises(AssertionError, match="Request to assign label to version 1000000 of model digits, which is not"):
        stage.open()
    with pytest.raises(RegistryError, match="nobody answers: the connection could not be made"):
        stage.deploy()


HANDS = {
    "a model of somebody's": lambda text: text.replace(
        "model_config_list {\n", 'model_config_list {\n config { name: "spam" base_path: "/srv/spam" model_platform: "tensorflow" }\n'
    ),
    "a label moved": lambda text: re.sub(r'(key: "stable"\n\s*value: )1001000', r"\g<1>1000000", text),
    "a version left out": lambda text: text.replace("        versions: 1001000\n", ""),
    "a model left out": lambda text: modelconfig.write("staging", modelconfig.owner(text)[1], []),
    "what can't be read": lambda text: f"{text}}}\n",
    "a remark": lambda text: f"{text}# by octo\n",
}


def test_what_others_write_into_the_file_is_drift_and_undone(stage: TensorFlowServingStage) -> None:
    stage.pin("1.1.0")
    stage.deploy()
    before = stage.config.read_text()
    for hand, write in HANDS.items():
        stage.config.write_text(write(before))
        wanted = ["- spam     unknown"] if "somebody" in hand else ["! digits   1.1.0 (drift: repair)"]
        assert stage.plan() == stage.deploy() == wanted, hand
        assert (stage.config.read_text(), stage.plan(), stage.factor()) == (before, [], 3), hand


def test_a_file_that_is_gone_is_written_anew(stage: TensorFlowServingStage) -> None:
    stage.pin("1.0.0")
    stage.deploy()
    before = stage.config.read_text()
    stage.config.unlink()
    assert stage.deploy() == ["! digits   1.0.0 (drift: repair)"]
    assert (stage.config.read_text(), stage.factor()) == (before, 2)


@pytest.mark.parametrize("harm", ["spoilt", "gone", "another"])
def test_a_version_that_a_restart_could_not_load_is_repaired_and_loaded_again(
    stage: TensorFlowServingStage, harm: str
) -> None:
    """Of a spoilt one the server does not even start, and is started again and again."""
    stage.pin("1.0.0")
    stage.pin("1.1.0", "spam")
    stage.deploy()
    stage.close()
    with pytest.raises(RegistryError, match="nobody answers: the connection could not be made"):
        stage.target().running()
    version, other = stage.folder / "digits/1000000", stage.folder / "spam/1001000"
    if harm == "gone":
        version.rename(stage.root / "moved")
    else:
        model = (other / "assets.extra/model.tflite").read_bytes() if harm == "another" else b"spoilt"
        (version / "assets.extra/model.tflite").write_bytes(model)
    assert stage.plan() == ["! digits   1.0.0 (drift: repair)"]
    keeping = threading.Thread(target=keep_up, args=[stage])
    keeping.start()
    if harm != "spoilt":
        keeping.join()
        assert (stage.factor(), stage.factor("spam")) == (3 if harm == "another" else None, 3)
    assert stage.deploy() == ["! digits   1.0.0 (drift: repair)"]
    keeping.join()
    assert (stage.factor(), stage.factor("spam"), stage.plan()) == (2, 3, [])


def keep_up(stage: TensorFlowServingStage) -> None:
    """Start the server until it stays, as systemd does."""
    while True:
        with suppress(AssertionError):
            return stage.open()


def test_a_file_that_deploy_did_not_write_is_left_alone(stage: TensorFlowServingStage, tmp_path: Path) -> None:
    stage.pin("1.0.0")
    place, advice = stage.config, "so it is left alone; move it away, or write another target.config"
    theirs = 'model_config_list { config { name: "spam" base_path: "/srv/spam" model_platform: "tensorflow" } }\n'
    first = git(stage.root, "rev-parse", "HEAD").strip()
    other = modelconfig.write("production", first, [])
    for text, told in {theirs: "was not written by deploy", other: f"was written for production of {first}"}.items():
        place.write_text(text)
        assert [str(one) for one in stage.target().problems()] == [f"{place}: {told}, {advice}"]
        with pytest.raises(RegistryError, match=told), stage.target().locked():
            pass
        assert place.read_text() == text
    place.unlink()
    place.mkdir()
    assert [str(one) for one in stage.target().problems()] == [f"{place}: is a folder; write a file into target.config"]
    place.rmdir()
    place.write_text("# nothing yet\nmodel_config_list: {\n}\n")
    place.chmod(0o666)
    (problem,) = stage.target().problems()
    assert str(problem).startswith(f"{place}: may be written by others; run `chmod go-w ")


def test_a_file_that_names_no_model_is_told_from_others_whatever_its_remarks() -> None:
    for text in "", "# a", "\n# a\n\n#b", "model_config_list {}# a", "model_config_list: {\n}\n":
        assert modelconfig.is_empty(text), text
    banner = "#" * 5000
    for text in f"{banner}\nmodel_config_list {{ config {{ }} }}", f"{' ' * 5000}x", "model_config_list { } }", "# a\nb":
        assert not modelconfig.is_empty(text), text[-40:]


def test_two_environments_can_t_share_a_file(stage: TensorFlowServingStage) -> None:
    text = (stage.root / "environments/staging.yaml").read_text().replace("deployments/staging", "deployments/production")
    (stage.root / "environments/production.yaml").write_text(text)
    told = [str(one) for one in manifests.load_all(stage.root)[1]]
    assert told == ["environments/staging.yaml:7: target.config: is the file of production too; give each its own"]


def test_a_server_that_does_not_read_its_file_is_told_once_and_nothing_waits_again(tmp_path: Path) -> None:
    stage = Deaf(tmp_path)
    stage.write(within=1)
    stage.pin("1.0.0")
    stage.pin("1.1.0", "spam")
    with pytest.raises(RegistryError) as error:
        stage.deploy()
    told = (
        f"{stage.url}: has not read {stage.config} for 1 s, about digits 1.0.0; start TensorFlow Serving with"
        f" --model_config_file={stage.config} --model_config_file_poll_wait_seconds=1"
        " --allow_version_labels_for_unavailable_models"
    )
    assert [str(one) for one in error.value.problems] == [told, told]
    assert (stage.target().running(), blocks(stage.config.read_text())) == ({}, [])
    assert not [*stage.folder.glob("*/*")]
    stage.close()
    with pytest.raises(RegistryError, match=r"nobody answers: .*; start TensorFlow Serving with --model_config_file="):
        stage.deploy()
    stage.wait = 0.01
    stage.open()
    assert stage.deploy() == ["+ digits   1.0.0", "+ spam     1.1.0"]
    stage.close()


class Limited(TensorFlowServingStage):
    """A server that can't load one version, and takes its time with all."""

    flags = ("--unloadable=1001000",)


class Slow(TensorFlowServingStage):
    flags = ("--loading_seconds=30",)


@pytest.mark.parametrize("kind, told", [
    (Limited, "could not load digits 1.1.0: Op type not registered 'Magic' in binary"),
    (Slow, "has digits 1.1.0 as LOADING after 1 s; look at its log, or raise health.within"),
])  # fmt: skip
def test_what_can_t_be_loaded_is_held_in_the_server_s_words_and_what_ran_goes_on(
    tmp_path: Path, kind: type[TensorFlowServingStage], told: str
) -> None:
    stage = kind(tmp_path)
    before = [] if kind is Slow else ["digits 1000000 canary=1000000,stable=1000000"]
    if before:
        stage.pin("1.0.0")
        stage.deploy()
    stage.write(within=1)
    stage.pin("1.1.0")
    for _ in "tried", "held":
        with pytest.raises(RegistryError) as error:
            stage.deploy()
        assert f": {told}; pin another version, or try it again: " in str(error.value)
    assert (blocks(stage.config.read_text()), [one.name for one in stage.folder.glob("digits/1*")]) == (
        before, ["1000000"] * len(before))  # fmt: skip
    assert (stage.factor(), stage.plan()) == (2 if before else None, [])
    stage.close()


def test_onnx_is_refused_before_anything_is_put_there(stage: TensorFlowServingStage, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "model.onnx").write_bytes(words().SerializeToString())
    packed = archive.pack(saved, tmp_path / "onnx.tar")
    delivery = stage.delivery("1.0.0")
    object.__setattr__(delivery, "artifact", packed)
    object.__setattr__(delivery.store, "fetch", lambda *_: tmp_path / "onnx.tar")
    with pytest.raises(RegistryError) as error:
        stage.target().begin(delivery, 1.0)
    told = "is ONNX, which TensorFlow Serving does not load; take its pin out of environments/staging"
    assert str(error.value) == f"digits@v1.0.0: {told}"
    assert (stage.target().running(), stage.config.read_text()) == ({}, "")


def test_folders_are_named_as_the_server_sees_them_in_ascii() -> None:
    text = modelconfig.write("staging", "a1", [Entry("digits", '/srv/ünï "a\\b"', (1, 2), {"stable": 1})])
    assert text == r'''# staging of a1: written by deploy, which undoes what others change
model_config_list {
  config {
    name: "digits"
    base_path: "/srv/\303\274n\303\257 \042a\134b\042"
    model_platform: "tensorflow"
    model_version_policy {
      specific {
        versions: 1
        versions: 2
      }
    }
    version_labels {
      key: "stable"
      value: 1
    }
  }
}
'''
    assert modelconfig.owner(text) == ("staging", "a1")
    assert modelconfig.names(text) == {"digits"}


def test_status_tells_what_the_server_runs_and_of_a_silent_one_the_rest(stage: TensorFlowServingStage) -> None:
    stage.pin("1.0.0")
    stage.deploy()
    assert forks.verb(stage.root, "status") == "model   release  staging  production\ndigits  -        1.0.0    -\n"
    stage.harm()
    assert "1.0.0, runs 1.0.0 (damaged)" in forks.verb(stage.root, "status")
    stage.pin("1.0.0")
    stage.deploy()
    stage.close()
    said = forks.verb(stage.root, "status")
    assert f"{stage.url}/v1/models/digits: nobody answers: the connection could not be made, or broke" in said
    assert "1.0.0 pinned" in said


def test_on_a_hosted_runner_it_is_rehearsed_as_a_folder_is(pinned: Path) -> None:
    text = "description: A test.\ntakes_from: releases\ntarget:\n  type: tensorflow-serving\n  path: deployments/staging\n"
    text += "  config: deployments/models.config\n  endpoint: http://127.0.0.1:9\n"
    (pinned / "environments/staging.yaml").write_text(text)
    hosted = partial(os.environ.update, GITHUB_ACTIONS="true", RUNNER_ENVIRONMENT="github-hosted")
    code, said = forks.run(pinned, partial(console.run, deploy.main), "staging", "--apply", first=hosted)
    assert (code, "staging: 1 change made\nstaging: rehearsed only: " in said) == (0, True), said
    assert not (pinned / "deployments/models.config").exists()


def test_what_runs_is_told_without_numpy_as_status_has_none(stage: TensorFlowServingStage) -> None:
    stage.pin("1.0.0")
    stage.deploy()
    code = (
        "import sys; sys.modules['numpy'] = None; from pathlib import Path\n"
        "from registry.destinations import aiming; from registry.environments import manifests\n"
        "print(aiming.find(Path.cwd(), manifests.find(Path.cwd(), 'staging')).running()['digits'].healthy)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=stage.root, env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
                          capture_output=True, text=True)  # fmt: skip
    assert (done.stdout, done.stderr) == ("True\n", "")
