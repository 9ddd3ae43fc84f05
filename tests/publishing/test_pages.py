"""Release pages, model cards and report pages: what they say, and that no report makes them say anything else."""

import hashlib
import json
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest
import samples
from hostile import HOSTILE, hostile, hostile_evidence, huge
from rendering import check, read
from samples import COMMIT, SITE, first, release, report

from registry.errors import RegistryError
from registry.formats import documents
from registry.formats.markdown import RELEASE_LIMIT
from registry.formats.reader import Document
from registry.github import parts
from registry.github.sites import Site
from registry.judging import reporting
from registry.publishing import cards, pages
from registry.releases.changes import Change
from registry.showing import reportpage, sections, summary
from registry.specs.fingerprints import Difference


def everything(made: dict) -> list[str]:
    card = cards.card(SimpleNamespace(model=made["model"], version=made["version"], commit="c" * 40), made)
    body = pages.page(release(made), previous=release(first()), withdrawn=made["description"], pull=12, site=SITE)
    return [reportpage.page(made), card.split("\n---\n", 1)[1], body]  # without what machines read of a card


@pytest.mark.parametrize("value", HOSTILE)
def test_no_report_can_break_out_of_a_page(value: str) -> None:
    for page in [*everything(hostile(value)), *everything(hostile_evidence(value))]:
        check(page)


def test_the_longest_report_fits_on_a_page() -> None:
    for page in everything(huge()):
        assert len(page) <= RELEASE_LIMIT
        check(page)


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({"description": "x" * 1001}, "description"),
        ({"model": "a|b"}, "model"),
        ({"fingerprint": "4f" * 32 + "\n"}, "fingerprint"),
        ({"tools": {"python": "x" * 101}}, "python"),
        ({"thresholds": {"accuracy": {"min": "high"}}}, "accuracy"),
        ({"metrics": {"accuracy": 10**400}}, "accuracy"),
        ({"confusion": [[1] * 51]}, "confusion"),
    ],
)
def test_a_report_that_no_build_writes_is_refused(facts: dict, named: str) -> None:
    with pytest.raises(RegistryError, match=named):
        documents.check(Document("report.json", report(judgements=[], verdict="pass") | facts, {}), "report")


def test_the_release_page_reads_from_the_verdict_to_how_it_was_judged() -> None:
    page = pages.page(release(samples.accepted()), pull=12, site=SITE)
    assert page.startswith(
        "> [!IMPORTANT]\n"
        "> **digits 1.2.0 passes, since ada accepted what can't be told, and is not told apart from 1.1.0**:"
        " accuracy 0.956 (0.944 to 0.965), 0.5 points more (-0.3 to 1.3)\n\n"
        "Reads handwritten digits.\n\n"
        "Owners: vision. Task: classification."
        " Takes `image` float32 rows×28×28×1; gives `output_0` float32 rows×10.\n\n"
        "| metric | new | old (1.1.0), change | asked |\n"
        "| --- | --- | --- | --- |\n"
        "| **?** recall of the worst label (7), accepted | 0.84<br>0.77 to 0.89 | 0.96<br>-0.12, worse (-0.17 to -0.06)"
        " | ≥ 0.8 |\n"
        "| **✓** accuracy | 0.956<br>0.944 to 0.965 | 0.951<br>+0.005 (-0.003 to 0.013) | ≥ 0.9<br>≤ 0.03 worse |\n"
        "| **✓** latency, ms | 0.312<br>0.279 to 0.345 | 0.301<br>+0.011 (-0.022 to 0.044) | ≤ 20 |\n"
        "| **✓** size, MB | 1.823 | 1.8<br>+0.023, worse | ≤ 10 |\n\n"
        "**Accepted**: recall of the worst label (7) is 0.84 (0.77 to 0.89) on 100 rows; it must be at least 0.8, which"
        " could be told with about 910 rows; accepted by ada: sevens come next week\n\n"
        "Lost most: label 7: recall 0.84 against 0.96 on 100 rows, 12 points less.\n\n"
        "## What changed\n\n"
    )
    found = check(page)
    assert found.links == [SITE.commit(COMMIT), SITE.pull(12)]
    assert [info for info, _ in found.fences] == ["sh", "sh", "sh", "mermaid", "mermaid", "mermaid"]
    assert [part.split("</summary>")[0] for part in page.split("<summary>")[1:]] == [
        "serve without Docker", "download without gh", "other metrics", "slices", "cross-validation", "calibration",
        "confusion: which class was taken for which", "how sure the gate is",
    ]  # fmt: skip


def rows(made: dict, earlier: dict | None = None) -> list[str]:
    """Return the lines of a report's table."""
    return sections.metrics(summary.summarize(made, earlier)).splitlines()


def test_a_near_miss_is_told_by_as_many_digits_as_it_takes() -> None:
    thresholds = {"accuracy": {"min": 0.9, "max_drop": 0.01}}
    near = report(metrics={"accuracy": 0.89998}, thresholds=thresholds, incumbent=None)
    assert rows(near)[2] == "| **✗** accuracy | 0.89998 | ≥ 0.9 |"
    worse = report(metrics={"accuracy": 0.94099}, thresholds=thresholds)
    assert rows(worse)[2] == "| **✗** accuracy | 0.94099 | 0.951<br>-0.01001, worse | ≥ 0.9<br>≤ 0.01 worse |"
    assert summary.reasons(worse) == [
        "accuracy is 0.94099 against 0.951 of 1.0.0; it may be at most 0.01 worse than 1.0.0"
    ]
    sure = samples.sure(thresholds={"accuracy": {"min": 0.944}}, incumbent=None)
    assert rows(sure)[2] == "| **✓** accuracy | 0.956<br>0.94405 to 0.965 | ≥ 0.944 |"


def test_files_are_told_as_new_changed_or_removed() -> None:
    old, new = "a" * 64, "b" * 64
    pairs = [("a.py", None, new), ("b.py", old, new), ("c.py", old, None), ("training.epochs", "5", None)]
    differences = [{"field": field, "old": before, "new": now} for field, before, now in pairs]
    assert sections.changes({"changes": {"since": "digits@v1.0.0", "differences": differences}}).splitlines()[2:] == [
        "| `a.py` | - | new |", "| `b.py` | there | changed |", "| `c.py` | there | removed |",
        "| `training.epochs` | `5` | - |",
    ]  # fmt: skip


def test_a_first_release_has_nothing_to_be_compared_with() -> None:
    page = pages.page(release(first()))
    assert page.startswith("> [!TIP]\n> **digits 1.0.0 passes, and is the first version**: accuracy 0.951\n\n")
    assert "\n| metric | new | asked |\n" in page
    assert "This is the first release: there is nothing to compare with." in page


def test_without_an_incumbent_the_release_before_is_compared_as_it_was_recorded() -> None:
    made = report(incumbent=None, thresholds={"accuracy": {"min": 0.9}})
    assert rows(made, first())[::2] == [
        "| metric | new | old (1.0.0 as recorded), change | asked |",
        "| **✓** accuracy | 0.956 | 0.951<br>+0.005, better | ≥ 0.9 |",
    ]
    told = summary.summarize(made, first())
    assert told.headline == "digits 1.1.0 passes: accuracy 0.956, 0.5 points more than 1.0.0 as recorded, by estimate"


def test_a_withdrawn_release_says_so_before_anything_else() -> None:
    page = pages.page(release(report()), withdrawn="mistakes 7 for 1")
    assert page.startswith(
        "> [!CAUTION]\n"
        "> **`digits@v1.1.0` is withdrawn**: mistakes 7 for 1\n"
        ">\n> Nothing was deleted, but `promote` refuses it from now on: choose another version.\n\n"
        "digits 1.1.0 passes: accuracy 0.956, "
    )


def test_an_artifact_in_parts_is_put_together_before_it_is_verified() -> None:
    large = report()
    large["artifact"] |= {"size": parts.LARGEST + 1}
    page = pages.page(release(large), site=SITE)
    assert "(cd digits-1.1.0 && cat digits-1.1.0.tar.part-* > digits-1.1.0.tar && echo '" in page
    assert "cat " not in pages.page(release(report()), site=SITE)


@pytest.mark.parametrize(
    ("runtime", "verb"), [("litert", "serve"), ("onnx", "serve"), ("tensorflow", "serve-tensorflow")]
)
def test_what_serves_a_version_without_docker_is_the_verb_that_can_run_it(runtime: str, verb: str) -> None:
    made = pages.page(release(report(runtime=runtime)))
    assert ("docker" in made) == (runtime != "onnx")
    assert f"&&\n  tox run -e {verb} -- --path serving\n" in pages.page(release(report(runtime=runtime)))


def test_gh_is_told_the_host_of_an_enterprise_server() -> None:
    site = Site("https://git.example.org", "https://git.example.org/api/v3", "team/models")
    page = pages.page(release(report()), site=site)
    assert "gh release download digits@v1.1.0 --repo git.example.org/team/models --dir digits-1.1.0 &&\n" in page
    assert " https://git.example.org/api/v3/repos/team/models/releases/tags/digits@v1.1.0 |\n" in page


@pytest.mark.parametrize("words", [("https://github.com/x y", "https://a", "o/n"), ("https://a", "https://a", "o/n)(")])
def test_a_site_that_would_break_a_link_is_none(words: tuple[str, str, str]) -> None:
    with pytest.raises(ValueError, match="is no repository's address"):
        Site(*words)


class Assets(BaseHTTPRequestHandler):
    """A release of a private repository: nothing without the token, and bytes only when asked for bytes."""

    token: str | None = None

    def do_GET(self) -> None:
        wanted = self.token and f"Bearer {self.token}"
        if self.headers["Authorization"] != wanted:
            self.send_error(404)
            return
        self.send_response(200)
        self.end_headers()
        here = f"http://localhost:{self.server.server_port}/assets"
        names = enumerate(["digits-1.1.0.tar", "SHA256SUMS"], 1)
        listing = {"assets": [{"url": f"{here}/{number}", "name": name} for number, name in names]}
        bytes_wanted = self.headers["Accept"] == "application/octet-stream"
        self.wfile.write(f"bytes of {self.path}".encode() if bytes_wanted else json.dumps(listing).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("token", [None, "secret"])
def test_the_commands_without_gh_download_any_release(tmp_path: Path, shell: str, token: str | None) -> None:
    server = ThreadingHTTPServer(("localhost", 0), type("Mine", (Assets,), {"token": token}))
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://localhost:{server.server_port}"
    page = pages.page(release(report()), site=Site(address, address, "team/models"))
    script = next(text for _, text in read(page).fences if "curl" in text)
    environment = {"PATH": "/usr/bin:/bin"} | ({"GITHUB_TOKEN": token} if token else {})
    done = subprocess.run([shell, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    server.shutdown()
    assert done.returncode == 0, done.stderr
    found = {path.name: path.read_text() for path in (tmp_path / "digits-1.1.0").iterdir()}
    assert found == {"digits-1.1.0.tar": "bytes of /assets/1", "SHA256SUMS": "bytes of /assets/2"}


@pytest.mark.parametrize("damaged", [False, True])
def test_the_commands_stop_at_a_file_that_is_not_what_was_judged(tmp_path: Path, damaged: bool) -> None:
    content = b"an artifact"
    sha256 = hashlib.sha256(b"another" if damaged else content).hexdigest()
    made = report(artifact={"name": "digits-1.1.0.tar", "size": len(content), "sha256": sha256})
    folder = tmp_path / "digits-1.1.0"
    folder.mkdir()
    (folder / "digits-1.1.0.tar").write_bytes(content)
    script = read(pages.page(release(made), site=SITE)).fences[0][1]
    verify = script.splitlines()[1].removesuffix(" &&")
    assert (subprocess.run(["sh", "-c", verify], cwd=tmp_path, capture_output=True).returncode == 0) is not damaged


def test_a_report_says_what_changed_since_the_last_release() -> None:
    long = "x" * 501
    differences = [Difference("training.epochs", "5", None), Difference(long, None, long)]
    change = Change("digits", "1.1.0", "f", "digits@v1.0.0", differences)
    cut = f"{'x' * 500}…"
    assert reporting.changes(change) == {
        "since": "digits@v1.0.0",
        "differences": [
            {"field": "training.epochs", "old": "5", "new": None},
            {"field": cut, "old": None, "new": cut},
        ],
    }


def test_a_threshold_on_a_metric_that_nobody_knows_can_not_be_told() -> None:
    made = report(thresholds={"made_up": {"max_drop": 0.1}})
    assert (made["verdict"], summary.reasons(made)) == (
        "cannot tell", ["made_up can't be compared with 1.0.0: a value is missing"],
    )  # fmt: skip


def test_the_report_page_names_every_reason_for_a_fail() -> None:
    made = report(metrics={"accuracy": 0.7, "log_loss": 0.1, "latency_ms": 1, "size_mb": 1})
    assert reportpage.page(made).startswith(
        "> [!CAUTION]\n> **digits 1.1.0 fails**: accuracy 0.7, 25 points less than 1.0.0, by estimate\n>\n"
        "> - accuracy is 0.7; it must be at least 0.9\n"
        "> - accuracy is 0.7 against 0.951 of 1.0.0; it may be at most 0.01 worse than 1.0.0\n\n"
    )


def test_of_many_labels_the_worst_are_drawn() -> None:
    made = report(slices={str(label): {"recall": 1 - label / 1000} for label in range(100)})
    drawn = sections.plotted(made)
    assert 'title "recall by label, the 12 worst of 100"' in drawn
    assert 'x-axis ["99", "98",' in drawn
