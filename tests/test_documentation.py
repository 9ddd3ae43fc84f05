"""The pages: what they look like, where their links and paths lead, and whether what they show is valid."""

import ast
import re
from pathlib import Path

import handbook
import pytest
from handbook import Block, Link, Span
from registries import git, template, verb
from servers import ROOT

from registry.formats import documents
from registry.git import is_shallow, resolve
from registry.serving import app
from registry.serving.admission import Admission

WIDTH, LONGEST, MOST = 120, 5, 120
LANGUAGES = {"console", "ini", "mermaid", "python", "sh", "text", "yaml"}
EDGE = r"(\w+)(\[[^\[\]\"(){}]+\])?"
ARROW = r" (?:-->|-- \w+ -->|-\. [\w, ]+ \.->) "
# what a page may name although it is neither here nor made by a verb
ELSEWHERE = {
    "*@v*": "a pattern for tags", "refs/tags/*@v*": "another", "/srv/models": "a folder of the serving machine",
    "/srv/releases": "a folder that agents share", "/healthz": "a page of the agent", ".git/": "a clone's own folder",
    ".git/agent/": "what an agent keeps in it",
    "/srv/token": "a file of it", "/etc/caddy/Caddyfile": "another",
    "checks.py": "a file that a model may have", "requirements.txt": "another", "requirements.in": "another",
    ".github/template.json": "what the template's own release writes", ".github/allowed_signers": "a file that a team may add",
    "candidates/.work/": "where builds leave their logs",
    "/mnt/image": "a folder in a cluster", "/mnt/image/models": "another", "~/.docker/config.json": "a file of Docker",
    "/mnt/models/1000000/saved_model.pb": "a file in a cluster", "/mnt/models/digits/1000000/model.onnx": "another",
    "~/.keras/keras.json": "a file of Keras", "actions/create-github-app-token": "an action that is left out here",
    ".github/ISSUE_TEMPLATE/": "a folder that GitHub knows and a team may add",
}  # fmt: skip
MADE = {
    ".git/model-registry/annals",
    "environments/staging/digits.yaml", "candidates/digits/", "candidates/.trained/", "candidates/.checkpoints/", "candidates/.tuned/digits/", "search.svg", "search.md",
    "candidates/flowers/report.md", "releases/",
    "releases/digits@v1.0.0/", "deployments/staging/digits/1000000/", "report.json", "report.md", "report.svg", "model-card.md",
    "release.json", "rows.csv", ".owner.json", ".brought.json", "deployments/staging/.owner.json", "deployments/",
    "catalogue/", "catalogue.json", "events.csv", "index.html",
}  # fmt: skip
FIRST = "1c472032529c1f6cf1a27b1ae275bc34f5d7a7f1"  # commit of this template
PAGES = handbook.names()
OURS = pytest.mark.skipif("README.md" not in PAGES, reason="README.md is a team's own")
BLOCKS = [block for page in PAGES for block in handbook.blocks(page)]
SPANS = [span for page in PAGES for span in handbook.spans(page)]
LINKS = [link for page in PAGES for link in handbook.links(page)]
LINE = re.compile(r"[\w/-]+: \S.*")


def at(one: Block | Span | Link) -> str:
    return f"{one.page}:{one.line}"


def blocks(*languages: str) -> list[Block]:
    return [block for block in BLOCKS if block.language in languages]


def test_the_pages_are_where_people_look_for_them() -> None:
    wanted = {
        "models/README.md", "environments/README.md", "environments/TARGETS.md", "scripts/README.md", "tests/README.md",
        ".github/SETUP.md", ".github/SECURITY.md", ".github/workflows/README.md",
    }  # fmt: skip
    assert wanted <= set(PAGES)
    assert ".github/README.md" not in PAGES, "GitHub would show it in README's place"


def test_pages_of_a_team_s_own_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "models/ours").mkdir(parents=True)
    for page in ("README.md", "docs/page.md", "models/README.md", "models/ours/README.md"):
        (tmp_path / page).write_text("# Ours\n\n`tox run -e ours`\n")
    assert handbook.names(tmp_path) == ["models/README.md"]


@pytest.mark.skipif(
    is_shallow(ROOT) or resolve(ROOT, FIRST) is None, reason="a repository that was made from the template"
)
def test_no_page_of_the_template_s_own_is_left_out() -> None:
    tracked = git(ROOT, "ls-files", "*.md").splitlines()
    others = tuple(f"{place}/" for place in handbook.NO_PAGES)
    assert PAGES == [one for one in tracked if not (one.startswith(others) or handbook.OF_A_MODEL.match(one))]


@OURS
def test_readme_is_short() -> None:
    assert len(handbook.read("README.md").splitlines()) <= MOST


@pytest.mark.parametrize("page", PAGES)
def test_no_line_is_wide_and_no_paragraph_long(page: str) -> None:
    wide = [place for place, line in enumerate(handbook.read(page).splitlines(), 1)
            if len(line) > WIDTH and not line.startswith("|")]  # fmt: skip
    assert wide == []
    assert [line for line, length in handbook.paragraphs(page) if length > LONGEST] == []


def test_every_block_says_what_it_is() -> None:
    assert [at(block) for block in BLOCKS if block.language not in LANGUAGES] == []


def test_every_link_leads_to_a_page_here_and_to_a_heading_of_it() -> None:
    assert [f"{at(link)}: {link.target}" for link in LINKS if not _leads_somewhere(link)] == []


def _leads_somewhere(link: Link) -> bool:
    path, _, anchor = link.target.partition("#")
    there = (ROOT / link.page).parent / path if path else ROOT / link.page
    if not there.is_file():
        return False
    return not anchor or anchor in handbook.anchors(there.resolve().relative_to(ROOT.resolve()).as_posix())


def test_code_of_several_words_is_a_command_an_option_or_a_line_of_a_document() -> None:
    several = [span for span in SPANS if " " in span.text and not span.text.startswith("--")]
    known = [span for span in several if handbook.is_command(span.text) or LINE.fullmatch(span.text)]
    assert [f"{at(span)}: {span.text}" for span in several if span not in known] == []


def test_every_option_is_one_that_a_verb_has() -> None:
    options = [span for span in SPANS if span.text.startswith("--")]
    assert [f"{at(span)}: {span.text}" for span in options if not _is_option(span.text.split()[0])] == []


def _is_option(word: str) -> bool:
    shared = "releases/choice.py", "chronicle/instant.py"
    sources = [*(ROOT / "scripts").glob("*.py"), *(ROOT / "scripts/registry" / file for file in shared)]
    return any(f'"{word}"' in path.read_text("utf-8") for path in sources)


def test_every_path_is_there_or_is_made() -> None:
    paths = [span for span in SPANS if handbook.is_path(span.text)]
    known = {*ELSEWHERE, *MADE, *(route.path for route in app.create(Path(), Admission()).routes)}
    assert [f"{at(span)}: {span.text}" for span in paths if span.text not in known and not _is_there(span)] == []


def _is_there(span: Span) -> bool:
    """From the top, or beside the page; a file's name alone may lie anywhere. Models are those of the tests."""
    tops = ROOT, (ROOT / span.page).parent, ROOT / "tests/fixtures/template"
    text = re.sub(r"<\w+>", "*", span.text).rstrip("/")
    if "/" not in text:
        wide = *tops[1:], *(ROOT / name for name in ("scripts", "tests", "requirements", ".github"))
        return any(next(top.rglob(text), None) for top in wide) or any(ROOT.glob(text))
    return any(next(top.glob(text), None) for top in tops)


@pytest.mark.parametrize("page", sorted({block.page for block in blocks("yaml", "python")}))
def test_the_documents_of_a_page_are_whole_and_valid_together(page: str, tmp_path: Path) -> None:
    root = template(tmp_path)
    handbook.write(page, root)
    for pin in root.glob("environments/*/*.yaml"):  # of versions that are not released here
        assert not documents.read(root, pin.relative_to(root).as_posix(), "pin").problems
        pin.unlink()
    assert ": all valid\n" in verb(root, "validate")


def test_every_document_says_where_it_lies() -> None:
    nameless = [block for block in blocks("yaml", "python") if not handbook.FILE.fullmatch(block.lines[0])]
    assert [block.page for block in nameless] == ["tests/workflows/README.md"]


def test_every_verb_and_every_room_stands_on_the_page_about_them() -> None:
    told = {span.text for span in SPANS if span.page == "scripts/README.md"}
    assert {path.stem for path in (ROOT / "scripts").glob("*.py")} <= told
    rooms = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "scripts/registry").rglob("__init__.py")}
    assert {text.rstrip("/") for text in told if text.startswith("scripts/registry/")} >= rooms


def test_the_team_of_the_engine_does_what_its_page_shows() -> None:
    (block,) = [one for one in blocks("python") if one.page == "tests/workflows/README.md"]
    source = ast.parse((ROOT / "tests/workflows/people.py").read_text("utf-8"))
    methods = {node.name for node in ast.walk(source) if isinstance(node, ast.FunctionDef)}
    used = {node.attr for node in ast.walk(ast.parse(block.text)) if isinstance(node, ast.Attribute)}
    assert used and used <= methods


@pytest.mark.parametrize("block", blocks("mermaid"), ids=at)
def test_a_diagram_is_made_of_boxes_and_arrows(block: Block) -> None:
    assert block.lines[0] == "flowchart LR"
    assert [line for line in block.lines[1:] if not re.fullmatch(rf"  {EDGE}(?:{ARROW}{EDGE})+", line)] == []


@OURS
def test_what_the_demo_is_said_to_print_is_printed_by_its_code() -> None:
    (block,) = [one for one in blocks("text") if one.page == "README.md"]
    demo = (ROOT / "scripts/demo.py").read_text("utf-8")
    told = [line[3:] for line in block.lines if line.startswith("== ")]
    assert told and [line for line in told if line not in demo] == []
