"""A page as its readers get it, parsed: what is markup, link, code and text, whatever was meant."""

import html
import re
from dataclasses import dataclass, field

from markdown_it import MarkdownIt

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OURS = re.compile(r"(<details>\n<summary>[^<>]*</summary>|</details>)\n?|<br>")
# what GitHub makes of plain text: mentions, references to issues and commits, links, shortcodes, formulas
MAGIC = re.compile(
    r"[@#][\w-]|\bGH-\d|\b[0-9a-f]{7,40}\b|://|\bwww\.|:[\w+-]+:|\$(?!\u200b)|[\u202a-\u202e\u2066-\u2069]",
    re.IGNORECASE,
)


@dataclass
class Rendered:
    """The parts of a page."""

    html: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    fences: list[tuple[str, str]] = field(default_factory=list)
    marked: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text that is neither code nor markup."""
        return "\n".join(self.texts)


def read(page: str) -> Rendered:
    """Parse a page as GitHub would."""
    found = Rendered()
    for token in PARSER.parse(page):
        if token.type == "html_block":
            found.html.append(token.content)
        elif token.type in ("fence", "code_block"):
            found.fences.append((token.info, token.content))
        for child in token.children or []:
            match child.type:
                case "html_inline":
                    found.html.append(child.content)
                case "link_open":
                    found.links.append(child.attrs["href"])
                case "image":
                    found.images.append(child.attrs["src"])
                case "text" | "text_special":
                    found.texts.append(child.content)
                case "em_open" | "s_open":
                    found.marked.append(child.type)
    return found


def check(page: str, address: str = "https://github.com/team/models/") -> Rendered:
    """Assert that a page holds no markup and no links but ours, and nothing that GitHub would act upon."""
    found = read(page)
    assert [one for one in found.html if not OURS.fullmatch(one)] == []
    assert [one for one in found.html if MAGIC.search(html.unescape(one))] == []
    assert sum(one.startswith("<d") for one in found.html) == sum(one.startswith("</d") for one in found.html)
    assert [one for one in found.links if not one.startswith(address)] == []
    assert (found.images, found.marked) == ([], [])
    assert {info for info, _ in found.fences} <= {"", "sh", "mermaid", "diff"}
    assert [one for one in found.texts if MAGIC.search(one)] == []
    return found
