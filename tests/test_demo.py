"""What the demo shows around the verbs that it runs; all of it together is `tox run -e demo`."""

from pathlib import Path

import demo
import pytest
from registries import git, template

from registry.errors import RegistryError


@pytest.fixture
def shown(tmp_path: Path) -> demo.Demo:
    return demo.Demo(tmp_path)


def test_a_command_is_shown_before_it_runs(shown: demo.Demo, capfd: pytest.CaptureFixture) -> None:
    shown.run("python -c 'print(6 * 7)'")
    assert capfd.readouterr().out == "\n$ python -c 'print(6 * 7)'\n42\n"


def test_a_refusal_is_expected_where_it_is_the_point_and_ends_the_demo_elsewhere(
    shown: demo.Demo, capfd: pytest.CaptureFixture
) -> None:
    shown.run("python -c 'exit(1)'", fails=True)
    assert capfd.readouterr().out.endswith("\n→ refused, as it should be: exit code 1\n")
    for command, fails in ("python -c 'exit(1)'", False), ("python -c 'exit(0)'", True):
        with pytest.raises(RegistryError, match="ended with exit code"):
            shown.run(command, fails=fails)


def test_the_copy_takes_nothing_from_a_users_git_and_leaves_no_pins(tmp_path: Path, monkeypatch) -> None:
    root = template(tmp_path / "mine")
    (root / "environments/staging").mkdir()
    (root / "environments/staging/digits.yaml").write_text("version: 1.0.0\n")
    monkeypatch.setenv("GIT_DIR", str(root / ".git"))
    made = demo.Demo(tmp_path / "copy")
    monkeypatch.delenv("GIT_DIR")
    demo.copy(root, made)
    assert (made.folder / demo.SPEC).read_bytes() == (root / demo.SPEC).read_bytes()
    assert not (made.folder / "environments/staging").exists()
    made.commit("start")
    assert git(made.folder, "log", "--format=%an") == "demo\n"
    assert git(root, "log", "--format=%an") == "someone\n"


def test_an_edit_is_shown_once_and_one_that_finds_nothing_ends_the_demo(shown: demo.Demo, capsys) -> None:
    (shown.folder / "spec").write_text("version: 1.3.0\n")
    for _ in range(2):
        shown.edit("spec", "^version: .*$", "version: 1.0.0")
    assert capsys.readouterr().out == "\n# in spec: version: 1.0.0\n"
    with pytest.raises(RegistryError, match="holds no line like"):
        shown.edit("spec", "^epochs: .*$", "epochs: 1")


def test_a_digit_is_drawn_without_the_empty_rows_around_it(capsys) -> None:
    demo.draw([[[0.0], [0.0]], [[0.0], [1.0]], [[0.5], [0.0]]])
    assert capsys.readouterr().out == "      @@\n    ++\n"
