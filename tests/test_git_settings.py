"""The verbs under a person's Git settings: every one that Git knows, at odd values, and what hooks hand down."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import changed
import deploy
import forks
import history
import promote
import publish
import pytest
import status
import validate
import why
import withdraw
from registries import ENVIRONMENT, IDENTITY, candidate, commit, git, template

from registry import console, tags
from registry.errors import RegistryError
from registry.releases import ledger

ROOMS = (
    "color column commit core diff extensions feature format gpg i18n index log pager status submodule tag trace2 "
    "trailer user versionsort"
).split()
WITH_A_KEY = ("tag.gpgSign", "tag.forceSignAnnotated")  # told below
PARTICULAR = {
    "color.ui": "always", "column.ui": "always,row", "column.tag": "always", "core.abbrev": "4", "core.commentChar": "a",
    "core.ignoreCase": "true", "core.pager": "tr a b", "core.quotePath": "false", "diff.noprefix": "true",
    "diff.algorithm": "patience", "diff.ignoreSubmodules": "all", "diff.external": "false", "diff.orderFile": "/nowhere",
    "format.pretty": "%s", "gpg.format": "x509", "i18n.commitEncoding": "latin1", "i18n.logOutputEncoding": "UTF-16",
    "log.date": "format:%s", "log.diffMerges": "off", "log.follow": "true", "log.showSignature": "true",
    "pager.log": "tr a b", "pager.tag": "tr a b", "status.showUntrackedFiles": "no", "tag.sort": "-taggerdate",
    "trace2.normalTarget": "2", "trailer.separators": "=%", "trailer.verdict.key": "Verdict: ", "trailer.where": "start",
    "versionsort.suffix": "-", "trailer.ifExists": "replace",
}  # fmt: skip
PROBES = ("tag --annotate --message trial trial", "add --all", "commit --dry-run --allow-empty", "diff --stat HEAD~1")
VERBS = [
    (validate,), (changed,), (changed, "--base", "HEAD~1"), (status,), (history, "--json"), (why, "digits", "production"),
    (publish, "digits"), (promote, "digits", "production"),
    (promote, "digits", "production", "--version", "1.0.0"), (promote, "digits", "staging"),
    (withdraw, "digits", "1.2.0", "--reason", "a trial"), (deploy, "staging"), (deploy, "production", "--since", "HEAD~1"),
    (validate,), (status,),
]  # fmt: skip


def settings(value: str) -> dict[str, str]:
    """Return every setting that Git lists, with the same value."""
    listed = subprocess.run(["git", "help", "--config"], capture_output=True, text=True, check=True).stdout.split()
    known = [re.sub(r"<\w+>|\*$", "digits", name) for name in listed if name.partition(".")[0] in ROOMS]
    return {name: value for name in known if name not in WITH_A_KEY}


def raise_version(root: Path, version: str) -> None:
    spec = root / "models/digits/model.yaml"
    spec.write_text(
        re.sub("^version: .*$", f"version: {version}", spec.read_text("utf-8"), flags=re.MULTILINE), "utf-8"
    )
    commit(root)
    candidate(root)


def release(root: Path, version: str, *environments: str) -> None:
    raise_version(root, version)
    forks.verb(root, "publish", "digits")
    for environment in environments:
        forks.verb(root, "promote", "digits", environment)
        commit(root)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A team that released twice, pinned the first version in production, and has a third one ready."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ENVIRONMENT, "GIT_COMMITTER_DATE", "2020-01-01T00:00:00Z")
        root = template(tmp_path_factory.mktemp("start"))
        release(root, "1.0.0", "staging", "production")
        release(root, "1.1.0", "staging")
        spec = root / "environments/production.yaml"
        spec.write_text(f"{spec.read_text('utf-8')}soak: 24h\n", "utf-8")
    raise_version(root, "1.2.0")
    return root


def work(root: Path, **environment: str) -> tuple[int, str]:
    """Run the verbs on a copy, one after the other; return the exit status and all that they said."""
    copy = root.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root, copy)

    def main() -> None:
        for module, *words in VERBS:
            sys.argv = [module.__name__, *words]
            module.main()

    return forks.run(copy, partial(console.run, main), first=partial(os.environ.update, environment))


def given(settings: dict[str, str]) -> dict[str, str]:
    """Return settings as Git's environment has them: they go before those of every file."""
    found = {"GIT_CONFIG_COUNT": str(len(settings))}
    for place, (key, value) in enumerate(settings.items()):
        found |= {f"GIT_CONFIG_KEY_{place}": key, f"GIT_CONFIG_VALUE_{place}": value}
    return found


def halves(settings: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    pairs, middle = list(settings.items()), len(settings) // 2
    return dict(pairs[:middle]), dict(pairs[middle:])


def refused(folder: Path, command: str, settings: dict[str, str]) -> str:
    """Return why Git itself does not run a command under some settings, if it does not."""
    environment = ENVIRONMENT | given(settings) | {"GIT_INDEX_FILE": str(folder / ".git/another")}
    shutil.copy(folder / ".git/index", folder / ".git/another")
    done = subprocess.run(["git", *command.split()], cwd=folder, env=environment, capture_output=True, text=True)
    git(folder, "tag", "--delete", "trial") if command.startswith("tag") and not done.returncode else None
    return done.stderr.lower() or "no" if done.returncode > 1 else ""


def fewest(folder: Path, command: str, settings: dict[str, str]) -> dict[str, str]:
    """Return the fewest of some settings, by halves, with which Git itself does not run a command."""
    parts = halves(settings) if len(settings) > 1 else ()
    part = next((one for one in parts if refused(folder, command, one)), None)
    return fewest(folder, command, part) if part else settings


def unfit(folder: Path, settings: dict[str, str]) -> set[str]:
    """Return the settings with which Git itself can't work: it names them mostly, else they are found by halves."""
    found: set[str] = set()
    for command in PROBES:
        while said := refused(folder, command, left := {k: v for k, v in settings.items() if k not in found}):
            words = set(re.findall(r"[a-z]\w*(?:\.[\w-]+)+", said))
            named = {key for key in left if key.lower() in words}
            found |= named or fewest(folder, command, left).keys()
    return found


def culprits(root: Path, settings: dict[str, str], expected: str) -> Iterator[tuple[dict[str, str], str]]:
    """Yield each setting that changes what the verbs do, and the last that they say then."""
    said = work(root, **given(settings))[1]
    if said != expected and len(settings) == 1:
        yield settings, said[-300:]
    elif said != expected:
        for half in halves(settings):
            yield from culprits(root, half, expected)


@pytest.fixture(scope="module")
def expected(start: Path) -> str:
    code, said = work(start)
    assert code == 0, said
    return said


@pytest.fixture
def scratch(start: Path, tmp_path: Path) -> Path:
    return shutil.copytree(start, tmp_path / "scratch")


@pytest.fixture(scope="module")
def unfit_at(start: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], set[str]]:
    """What Git can't work with at a value, found once for each."""
    folder = shutil.copytree(start, tmp_path_factory.mktemp("unfit") / "scratch")
    return cache(lambda value: unfit(folder, settings(value)))


@pytest.mark.parametrize("value", ["true", "false", "99", "odd"])
def test_no_setting_that_git_can_work_with_changes_what_the_verbs_do(
    start: Path, unfit_at: Callable[[str], set[str]], expected: str, value: str
) -> None:
    fit = {key: value for key in settings(value).keys() - unfit_at(value)}
    assert len(fit) > 100
    assert not list(culprits(start, fit, expected))


def test_no_particular_setting_changes_what_the_verbs_do(start: Path, scratch: Path, expected: str) -> None:
    assert unfit(scratch, PARTICULAR) <= {"diff.orderFile"}  # it must be there for people; the verbs need none
    assert not list(culprits(start, PARTICULAR, expected))


def test_a_setting_that_git_can_not_work_with_ends_in_one_line(
    start: Path, unfit_at: Callable[[str], set[str]]
) -> None:
    broken = dict.fromkeys(sorted(unfit_at("odd")), "odd") | {"core.bare": "true", "core.compression": "99"}
    for key, value in list(broken.items())[::20]:
        code, said = work(start, **given({key: value}))
        assert code == 0 or (code == 1 and said.endswith("1 problem\n")), f"{key}={value}: {said}"
        assert "Traceback" not in said


def test_what_a_hook_hands_down_is_about_another_repository(start: Path, expected: str, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", ".")
    elsewhere = str(tmp_path / ".git")
    handed = {
        "GIT_DIR": elsewhere, "GIT_WORK_TREE": str(tmp_path), "GIT_INDEX_FILE": f"{elsewhere}/index",
        "GIT_OBJECT_DIRECTORY": f"{elsewhere}/objects", "GIT_PREFIX": "models/", "GIT_COMMON_DIR": elsewhere,
        "GIT_GLOB_PATHSPECS": "1", "GIT_ICASE_PATHSPECS": "1", "GIT_NAMESPACE": "other", "GIT_EXTERNAL_DIFF": "false",
        "GIT_DIFF_OPTS": "-u1", "GIT_TRACE": "1", "GIT_TRACE2": "2", "GIT_PAGER_IN_USE": "1", "LC_ALL": "de_DE.UTF-8",
        "LANGUAGE": "de",
    }  # fmt: skip
    assert work(start, **handed) == (0, expected)


@pytest.fixture(params=["ssh", "openpgp"])
def key(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of somebody whose tags are signed."""
    home = Path(tempfile.mkdtemp())  # the address of gpg's agent is a path that must be short
    asked = {"tag.gpgSign": "true", "gpg.format": request.param}
    if request.param == "ssh":
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")]
        subprocess.run(command, check=True)
        yield given(asked | {"user.signingKey": str(tmp_path / "key.pub")})
    else:
        environment = os.environ | {"GNUPGHOME": str(home)}
        words = ["--batch", "--quiet", "--passphrase", "", "--quick-gen-key", "someone <someone@example.org>"]
        subprocess.run(["gpg", *words], env=environment, capture_output=True, check=True)
        yield given(asked) | {"GNUPGHOME": str(home)}
        subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=True)
    shutil.rmtree(home, ignore_errors=True)  # the agent takes its sockets away meanwhile


def test_signed_tags_are_good_tags(start: Path, expected: str, key: dict[str, str]) -> None:
    assert work(start, **key) == (0, expected)
    for tag in "digits@v1.2.0", "digits@v1.2.0!":
        assert " SIGNATURE-----\n" in git(start.with_name("copy"), "cat-file", "tag", tag)


def test_tags_that_people_signed_themselves_are_read(
    scratch: Path, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ledger.load_all(scratch)["digits"]
    for name, value in key.items():
        monkeypatch.setitem(ENVIRONMENT, name, value)
    message = git(scratch, "for-each-ref", "--format=%(contents)", "refs/tags/digits@v1.1.0")
    git(scratch, "tag", "--sign", "--force", "--message", message, "digits@v1.1.0", "digits@v1.1.0^{}")
    git(scratch, "tag", "--sign", "--message", "blurred\nimages", "digits@v1.0.0!", "digits@v1.0.0^{}")
    git(scratch, "tag", "--sign", "--message", message, "digits@v1.3.0", "digits@v1.0.0")  # on a tag, not on a commit
    first, second, third = ledger.load_all(scratch)["digits"]
    assert (second, first.withdrawn) == (before[1], "blurred images")
    assert (third.version, third.commit, third.sha256) == ("1.3.0", first.commit, second.sha256)


def test_without_a_key_nothing_is_published_and_a_way_out_is_named(start: Path) -> None:
    settings = given({"tag.gpgSign": "true", "gpg.program": "false"})
    code, said = work(start, **settings)
    *_, problem, count = said.splitlines()
    assert (code, count) == (1, "1 problem")
    assert problem.startswith("git tag: can't sign digits@v1.2.0: error: ")
    assert problem.endswith("; mend that, or run `git config tag.gpgSign false`")
    copy = start.with_name("copy")
    assert git(copy, "tag").split() == ["digits@v1.0.0", "digits@v1.1.0"]
    assert not list((copy / "releases/.drafts").glob("*.0")) and not (copy / "releases/digits@v1.2.0").exists()


NO_KEY = {
    "error: Couldn't load public key /nowhere/key": {"user.signingKey": "/nowhere/key"},
    "error: No private key found for": {"user.signingKey": f"key::ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{'A' * 43}"},
    "either user.signingkey or gpg.ssh.defaultKeyCommand": {},
    "warning: gpg.ssh.defaultKeyCommand failed": {"gpg.ssh.defaultKeyCommand": "false"},
}


@pytest.mark.parametrize("why", NO_KEY)
def test_a_tag_that_ssh_can_not_sign_is_not_made(scratch: Path, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    for name, value in (given(NO_KEY[why] | {"tag.gpgSign": "yes", "gpg.format": "ssh"}) | IDENTITY).items():
        monkeypatch.setenv(name, value)
    before = git(scratch, "tag")
    with pytest.raises(RegistryError) as error:
        tags.create(scratch, "digits@v3.0.0", "HEAD", "a message\n")
    assert str(error.value).startswith(f"git tag: can't sign digits@v3.0.0: {why}")
    assert str(error.value).endswith("; mend that, or run `git config tag.gpgSign false`")
    assert git(scratch, "tag") == before


@pytest.mark.parametrize("kind", ["PGP SIGNATURE", "PGP MESSAGE", "SIGNED MESSAGE", "SSH SIGNATURE"])
def test_a_signature_ends_a_message_and_nothing_else_does(kind: str) -> None:
    signed = f"digits\n\nVerdict: pass\n-----BEGIN {kind}-----\n\nabc=\n-----END {kind}-----\n"
    assert ledger.unsigned(signed) == "digits\n\nVerdict: pass\n"
    assert ledger.unsigned(f"{signed}\nVerdict: pass\n") == f"{signed}\nVerdict: pass\n"
    assert ledger.unsigned(f"{signed}{signed}") == f"{signed}digits\n\nVerdict: pass\n"
    assert ledger.subject(f"-----BEGIN {kind}-----\n\nabc=\n-----END {kind}-----\n") == ledger.NO_REASON
