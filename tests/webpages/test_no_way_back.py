"""Nobody is led to what was given up: reverts that bring back a withdrawn version, and promotions of one rolled back."""

import dataclasses
import re

import everyday
import pytest
import samples

from registry.answering.beside import Beside
from registry.answering.reviews import Merged
from registry.releases.folder import FolderStore
from registry.webpages import assembling, catalog


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The words of each page of a team's catalogue, by its path."""
    root = tmp_path_factory.mktemp("team")
    everyday.write(root)
    inventory, known = assembling.assemble(root, None, Beside(root, FolderStore(root, root / "releases"), None, ""))
    (back,) = [one for one in inventory.chronicle.stays if one.since.kind == "rolled back" and one.model == "sentiment"]
    title = Merged(80, "sentiment is rude to <b>", "grace", "grace", (), "")
    known = dataclasses.replace(everyday.beside(known), movers={back.since.moment.commit: title})
    told = catalog.contents(inventory, known, samples.SITE, "tox run -e catalogue", everyday.NOW)
    return {path: " ".join(re.sub("<[^>]*>", " ", text).split()) for path, text in (make() for make in told)}


def test_a_version_that_was_given_up_is_told_where_it_would_be_brought_back(pages: dict[str, str]) -> None:
    front, staging, production = (
        pages[f"{name}.html"] for name in ("index", "environments/staging", "environments/production")
    )
    assert (
        "behind sentiment 1.0.0 in production is older than 1.1.0, which canary has had for 57 days; production was rolled "
        "back from that on 2026-10-02"
    ) in front
    assert "2.1.0 2.1.0 is withdrawn" in staging and "revert in #109" not in staging
    assert "1.1.0 1.1.0 was given up here ; revert in #80" in production
    assert "2.0.0 revert in #93" in production, "which puts right what is withdrawn"
    assert "It is withdrawn: take 2.0.0 instead." in pages["models/fraud/2.1.0.html"]


def test_why_a_pin_was_moved_is_its_pull_request_s_title_and_that_nobody_approved_it_is_told(
    pages: dict[str, str],
) -> None:
    assert "“sentiment is rude to &lt;b&gt;” , approved by nobody" in pages["environments/production.html"]


def test_a_version_tells_what_was_asked_of_it_then(pages: dict[str, str]) -> None:
    asked = "was asked accuracy ≥ 0.9, ≤ 0.03 worse ; recall ≥ 0.8, of the worst slice"
    assert asked in pages["models/digits/1.2.0.html"]
