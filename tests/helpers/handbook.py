"""The pages that people read, taken apart: blocks, code spans, links, paragraphs, and the commands in them."""

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it.token import Token
from rendering import PARSER
from servers import ROOT

TITLE = "# A model registry made of pull requests\n"  # of the template's README: a team has one of its own
PLACES = (".github", "environments", "models", "scripts", "tests")  # where the other pages are the template's
NO_PAGES = {"tests/fixtures", "tests/invalid"}
OF_A_MODEL = re.compile(r"models/[^/]+/")  # the team's own
PROGRAMS = {
    "bash", "cd", "curl", "docker", "export", "gh", "git", "gto", "kubectl", "make", "npm", "pip", "pipx", "pytest",
    "python", "rm", "sudo", "systemctl", "tmux", "tox", "uv", "wget",
}  # fmt: skip
SHELL, SESSIONS, UNIT = "sh", ("console", "text"), "ini"
STARTS = "ExecStart="
FILE = re.compile(r"# ((?:models|environments|deploy|\.github)/\S+|\.gitlab-ci\.yml)")


@dataclass(frozen=True)
class Block:
    """A block of code: its page, where it begins there, its language (an indented one has none), and its lines."""

    page: str
    line: int
    language: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)


@dataclass(frozen=True)
class Span:
    """Code in a sentence."""

    page: str
    line: int
    text: str


@dataclass(frozen=True)
class Link:
    page: str
    line: int
    target: str


@dataclass(frozen=True)
class Script:
    """Commands that belong together, each with what the page says that it prints; `session` says that it is shown."""

    place: str
    commands: tuple[tuple[str, str], ...]
    session: bool = False


def names(root: Path = ROOT) -> list[str]:
    """Return the template's pages, from the top of a repository: all others are a team's own."""
    front = root / "README.md"
    found = [front.name] if front.is_file() and front.read_text("utf-8").startswith(TITLE) else []
    for folder, folders, files in (one for place in PLACES for one in os.walk(root / place)):
        here = Path(folder).relative_to(root)
        folders[:] = sorted(name for name in folders if _may_hold_pages(here / name))
        found += [(here / name).as_posix() for name in files if name.endswith(".md")]
    return sorted(name for name in found if not OF_A_MODEL.match(name))


def _may_hold_pages(folder: Path) -> bool:
    return not folder.name.startswith(".") and folder.name != "node_modules" and folder.as_posix() not in NO_PAGES


@cache
def read(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


@cache
def _tokens(page: str) -> list[Token]:
    return PARSER.parse(read(page))


def blocks(page: str) -> Iterator[Block]:
    for token in _tokens(page):
        if token.type in ("fence", "code_block"):
            yield Block(page, token.map[0] + 1, token.info, tuple(token.content.splitlines()))


def spans(page: str) -> Iterator[Span]:
    for line, child in _inline(page):
        if child.type == "code_inline":
            yield Span(page, line, child.content)
    for token in _tokens(page):  # a comment of a form is read by who fills it in
        for text in re.findall("`([^`]+)`", token.content) if token.type == "html_block" else ():
            yield Span(page, token.map[0] + 1, text)


def links(page: str) -> Iterator[Link]:
    for line, child in _inline(page):
        if child.type in ("link_open", "image"):
            yield Link(page, line, child.attrs.get("href") or child.attrs["src"])


def pictures(page: str) -> Iterator[tuple[Link, str]]:
    """Yield the pictures of a page, each with what it says to those who don't see it."""
    for line, child in _inline(page):
        if child.type == "image":
            yield Link(page, line, child.attrs["src"]), child.content


def _inline(page: str) -> Iterator[tuple]:
    for token in _tokens(page):
        line = token.map[0] + 1 if token.map else 0
        for child in token.children or [] if token.type == "inline" else []:
            line += child.type in ("softbreak", "hardbreak")
            yield line, child


def anchors(page: str) -> set[str]:
    """Return the names that GitHub gives the headings of a page."""
    tokens = _tokens(page)
    heads = [one.content for before, one in zip(tokens, tokens[1:], strict=False) if before.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", head.replace("`", "")).strip().lower().replace(" ", "-") for head in heads}


def paragraphs(page: str) -> Iterator[tuple[int, int]]:
    """Yield the first line and the number of lines of each paragraph, those of lists included."""
    for token in _tokens(page):
        if token.type == "paragraph_open":
            yield token.map[0] + 1, token.map[1] - token.map[0]


def write(page: str, root: Path) -> None:
    """Put the documents of a page, each of which begins with its path, into a repository."""
    for block in blocks(page):
        if found := FILE.fullmatch(block.lines[0]):
            place = root / found[1]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(block.text, "utf-8")


def scripts() -> dict[tuple, Script]:
    """Return what the pages tell people to run, each once."""
    found: dict[tuple, Script] = {}
    for page in names():
        told = [(one.line, _commands(one), one.language in SESSIONS) for one in blocks(page)]
        told += [(one.line, ((one.text, ""),), False) for one in spans(page) if is_command(one.text)]
        for line, commands, session in told:
            if commands:
                found.setdefault(commands, Script(f"{page}:{line}", commands, session))
    return found


def is_command(text: str) -> bool:
    """Say whether code in a sentence is something to run, by the program that it begins with."""
    words = text.split()
    return next((word for word in words if not re.match(r"[A-Z_]+=", word)), "") in PROGRAMS


def is_path(text: str) -> bool:
    """Say whether code in a sentence is a path: of several steps, or a file's name with an ending."""
    if " " in text or text.startswith("--") or ":" in text:
        return False
    return "/" in text or re.search(r"\.(py|yaml|yml|json|md|txt|in|ini|csv|toml)$", text) is not None


def _commands(block: Block) -> tuple[tuple[str, str], ...]:
    if block.language == SHELL:
        lines = block.text.replace("\\\n", " ").splitlines()
        return tuple((line, "") for line in lines if shlex.split(line, comments=True))
    if block.language == UNIT:
        return tuple((line.removeprefix(STARTS), "") for line in block.lines if line.startswith(STARTS))
    if block.language in SESSIONS:
        said = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
        return tuple((one.partition("\n")[0], one.partition("\n")[2]) for one in said)
    return ()
