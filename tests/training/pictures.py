"""The two pictures that README shows, drawn anew: the comment on a pull request, with real figures, and the catalogue.

`tox run -e training -- -o python_files=pictures.py` puts them into `.github/pictures/`, where Chromium is; the letters are
those of the machine.
"""

import base64
import io
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import browser
import everyday
import pytest
import registries
import rendering
import samples
import talking
import teams
from browser import Page
from hub import Hub
from PIL import Image
from registries import ROOT, git, verb

import publish
import report
from registry.answering.beside import Beside
from registry.github import runs
from registry.releases.folder import FolderStore
from registry.webpages import assembling, binding, catalog

pytestmark = browser.needed
PLACE = ROOT / ".github/pictures"
FRAME = Path(__file__).with_name("comment.html")
ALERT = re.compile(r"<blockquote>\n<p>\[!(\w+)\]\n")
SHARP, COLOURS = 1.5, 96  # pixels of a picture for one of the page, and how many colours it has


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with browser.browsing(tmp_path / "chromium") as found:
        yield found.page()


def test_the_comment_on_a_pull_request(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = registries.template(tmp_path / "models")
    with talking.hub_of(root, tmp_path / "hub") as hub:
        for name, value in hub.environment.items():
            monkeypatch.setitem(registries.ENVIRONMENT, name, value)
        shown = rendering.PARSER.render(commented(root, hub))
    place = tmp_path / "comment.html"
    shown = ALERT.sub(
        lambda one: f'<blockquote class="{one[1].lower()}">\n<p class="kind">{one[1].capitalize()}</p>\n<p>', shown
    )
    place.write_text(FRAME.read_text("utf-8").replace("COMMENT", shown), "utf-8")
    draw(page, place, 860, "body", "comment.png")


def commented(root: Path, hub: Hub) -> str:
    """Return what the checks say of a pull request that trains digits longer, beside the version that runs."""
    verb(root, "build", "digits")
    talking.succeeds(root, hub, publish, "digits")
    teams.update(root, hub)
    teams.pin(root, hub, "staging")
    teams.pin(root, hub, "production")
    spec = root / "models/digits/model.yaml"
    text = spec.read_text("utf-8").replace("version: 1.0.0", "version: 1.1.0").replace("epochs: 5", "epochs: 12")
    spec.write_text(text, "utf-8")
    pull = teams.pull(root, hub)
    verb(root, "build", "digits")
    run = hub.add_run(runs.CHECK, "pull_request", pull["head"]["sha"], pull["head"]["ref"])
    teams.hand_in(root, hub, run)
    git(root, "checkout", "--quiet", "main")
    talking.succeeds(root, hub, report, "--run", str(run["id"]))
    (comment,) = hub.repository.comments.values()
    return comment["body"]


def test_the_catalogue(page: Page, tmp_path: Path) -> None:
    root, place = tmp_path / "models", tmp_path / "catalogue"
    everyday.write(root)
    inventory, known = assembling.assemble(root, None, Beside(root, FolderStore(root, root / "releases"), None, ""))
    told = partial(catalog.contents, inventory, everyday.beside(known), samples.SITE, "tox run -e catalogue", everyday.NOW)
    binding.write(place, told)
    draw(page, place / "index.html", 980, ".matrix tbody tr:nth-child(8)", "catalogue.png")


def draw(page: Page, place: Path, width: int, last: str, name: str) -> None:
    """Put a picture of a page into the repository, from its top to the end of what a selector finds."""
    page.size(width)
    page.open(place.as_uri())
    end = page.ask(f"document.querySelector({last!r}).getBoundingClientRect().bottom")
    clip = {"x": 0, "y": 0, "width": width, "height": end, "scale": SHARP}
    found = page.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
    PLACE.mkdir(exist_ok=True)
    picture = Image.open(io.BytesIO(base64.b64decode(found["data"]))).convert("RGB")
    picture.quantize(COLOURS, kmeans=1, dither=Image.Dither.NONE).save(PLACE / name, optimize=True)
    print(f"{PLACE / name}: {picture.width} × {picture.height}, {(PLACE / name).stat().st_size:,} bytes")
