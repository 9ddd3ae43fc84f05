"""The catalogue of a repository to which much has happened, with reports where its folder of releases has them."""

from functools import partial
from pathlib import Path

import eventful
import pasts
import pytest
import samples

from registry.answering import beside
from registry.answering.beside import Beside
from registry.releases.folder import FolderStore
from registry.releases.ledger import Release
from registry.webpages import assembling, binding, catalog

NOW = pasts.START + 200 * pasts.DAY


class Reported(Beside):
    """Knows the reports of digits, which no build made."""

    def report(self, release: Release) -> dict | None:
        return samples.sure(version=release.version) if release.model == "digits" else None


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository."""
    root = tmp_path_factory.mktemp("eventful") / "root"
    eventful.write(root)
    return root


@pytest.fixture(scope="session")
def contents(past: Path) -> binding.Maker:
    """What is in its catalogue, as of 200 days after it began."""
    known = Reported(past, FolderStore(past, past / "releases"), None, beside.NOT_ASKED)
    inventory, told = assembling.assemble(past, None, known)
    return partial(catalog.contents, inventory, told, samples.SITE, "tox run -e catalogue", NOW)


@pytest.fixture(scope="session")
def pages(contents: binding.Maker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its catalogue."""
    place = tmp_path_factory.mktemp("pages") / "catalogue"
    binding.write(place, contents)
    return place
