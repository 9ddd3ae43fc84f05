"""What a verb says under GitHub Actions: problems on the lines of the files where they are, and others without one."""

from pathlib import Path

import pytest

from registry import console
from registry.errors import Problem


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working tree with one model and one environment."""
    (tmp_path / "models/digits").mkdir(parents=True)
    (tmp_path / "models/digits/model.yaml").touch()
    (tmp_path / "environments").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_problem_of_a_file_stands_on_its_line(tree: Path) -> None:
    problem = Problem("models/digits/model.yaml", 7, "data.sha256", "is 100% wrong\nor: so")
    assert console.annotation(problem) == (
        "::error file=models/digits/model.yaml,line=7::data.sha256: is 100%25 wrong%0Aor: so"
    )


@pytest.mark.parametrize("place", ["environments/qa.yaml", "models/qa", "models/a,b:c%", "models/" + "x" * 300])
def test_a_file_that_is_missing_from_a_folder_that_is_there_is_a_file(tree: Path, place: str) -> None:
    told = place.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    assert console.annotation(Problem(place, 0, "", "is missing"), "warning") == (
        f"::warning file={told},line=1::is missing"
    )


@pytest.mark.parametrize(
    "place",
    ["POST /repos/octo/models/releases", "GET /", "--repository", "GITHUB_TOKEN", "GitHub Actions", "digits@v1.0.0",
     "digits@v1.0.0/release.json", "artifact report-digits", "/srv/models", "/", "nowhere/model.yaml", "",
     "models", "models/digits", "."],
)  # fmt: skip
def test_what_is_no_file_is_told_without_one(tree: Path, place: str) -> None:
    told = f"{place}: " if place else ""
    assert console.annotation(Problem(place, 0, "a field", "is 100% wrong")) == (
        f"::error::{told}a field: is 100%25 wrong"
    )


def test_a_log_is_quoted_in_a_workflow_and_nothing_in_it_is_a_command(tmp_path: Path, monkeypatch, capsys) -> None:
    log = tmp_path / "train.log"
    log.write_bytes(b"Traceback\n::error::a lie\n::endgroup::\xff\n")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    console.quote(log)
    assert capsys.readouterr().out == ""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    console.quote(log)
    group, stop, *words, go_on, end = capsys.readouterr().out.splitlines()
    assert (group, end) == ("::group::train.log", "::endgroup::")
    assert words == ["Traceback", "::error::a lie", "::endgroup::\N{REPLACEMENT CHARACTER}", ""]
    (token,) = {stop.removeprefix("::stop-commands::"), go_on.strip(":")}
    assert len(token) == 32
    console.quote(log)
    assert token not in capsys.readouterr().out
    console.quote(tmp_path / "none.log")
    assert capsys.readouterr().out == ""
