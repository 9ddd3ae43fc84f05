"""Markdown as GitHub renders it, safe whatever the values are: they come from pull requests of strangers. Pure."""

import html
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

COMMENT_LIMIT, RELEASE_LIMIT = 65_536, 125_000
LONGEST, MOST_ROWS = 300, 50
MOST_PLACES, LARGEST = 8, 1e15  # of a number that is written out
UNITS = ("year", 365 * 86400), ("day", 86400), ("hour", 3600), ("minute", 60)
GLUE = "\n\n"

# GitHub looks for @mentions, #1, GH-1, commits and :emoji: in the rendered text, where backslashes and entities are
# gone; only a character in between, here one without width, keeps a word from being taken for one of them.
GAP = "\0"
REFERENCES = (
    (re.compile(r"([@#])"), rf"\1{GAP}"),
    (re.compile(r"\b(GH-)(?=\d)", re.IGNORECASE), rf"\1{GAP}"),
    (re.compile(r"\b[0-9a-f]{7,40}\b", re.IGNORECASE), lambda found: GAP.join(re.findall(".{1,6}", found[0]))),
    (re.compile(r":(?=//|[\w+-]+:)"), f":{GAP}"),
    (re.compile(r"\b(www)\.", re.IGNORECASE), rf"\1{GAP}."),
    (re.compile(r"\$"), f"${GAP}"),
)
SAFE = str.maketrans(
    {
        GAP: "&#8203;", "&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "$": "&#36;",
        "\\": "\\\\", "`": "\\`", "*": "\\*", "[": "\\[", "]": "\\]", "~": "\\~",
    }
)  # fmt: skip
EMPHASIS = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
LINE_START = re.compile(r"^([-+=](?=[-+=\s]|$)|\d+(?=[.)](?:\s|$)))")
ADDRESS = re.compile(r"https?://[\w.:%/@?=&~#+-]+", re.ASCII)


def text(value: object, most: int = LONGEST) -> str:
    """Return a value as one line of text that GitHub shows as it is: no markup, links, mentions or references."""
    safe = EMPHASIS.sub(r"\\_", _unlinked(value, most).translate(SAFE))
    return LINE_START.sub(lambda found: f"{found[1]}\\" if found[1].isdigit() else f"\\{found[1]}", safe)


def _unlinked(value: object, most: int) -> str:
    plain = one_line(value, most)
    for pattern, broken in REFERENCES:
        plain = pattern.sub(broken, plain)
    return plain


def code(value: object, most: int = LONGEST) -> str:
    """Return a value as a code span; as text where a span can't hold it, since a table would end it at the pipe."""
    plain = one_line(value, most)
    return text(plain, most) if not plain or "`" in plain or "|" in plain else f"`{plain}`"


def one_line(value: object, most: int = LONGEST) -> str:
    """Return a value as one line of at most `most` characters; those that nobody sees become visible."""
    raw = str(value)
    start = raw[: 4 * most]
    line = " ".join((start if start.isprintable() else "".join(map(_visible, start))).split())
    return line if len(line) <= most and len(raw) <= 4 * most else f"{line[: most - 1]}…"


def _visible(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in ("Zl", "Zp") or character in "\t\n\v\f\r\x85":
        return " "
    return "\N{REPLACEMENT CHARACTER}" if kind.startswith("C") else character


def link(label: str, address: str | None) -> str:
    """Return a link with safe Markdown as its label; the label alone where the address is none."""
    return f"[{label}]({address})" if address and ADDRESS.fullmatch(address) else label


def fence(content: str, language: str = "") -> str:
    """Return a code block that nothing in it can end."""
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", content)), default=0))
    return f"{ticks}{language}\n{content}\n{ticks}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], most: int = MOST_ROWS, total: int | None = None) -> str:
    """Return a table of safe Markdown cells, followed by how many rows it leaves out of `total`, which counts all."""
    lines = [heads, ("---",) * len(heads), *rows[:most]]
    shown = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    left = (len(rows) if total is None else total) - most
    return shown if left <= 0 else f"{shown}\n\nand {left:,} more"


def titled(title: str, body: str) -> str:
    """Return a part under its heading, or nothing where the part is empty."""
    return f"## {title}\n\n{body}" if body else ""


def details(label: str, body: str) -> str:
    """Return a part that is folded away under its label."""
    summary = html.escape(_unlinked(label, LONGEST)).replace(GAP, "&#8203;")
    return f"<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"


def alert(kind: str, *blocks: str) -> str:
    """Return one of GitHub's alerts (TIP is green, NOTE blue, IMPORTANT purple, WARNING yellow, CAUTION red)."""
    return "\n".join([f"> [!{kind}]", *(f"> {line}".rstrip() for line in GLUE.join(blocks).split("\n"))])


def bulleted(lines: Sequence[str], most: int) -> str:
    """Return a list of safe Markdown lines, of which it says how many it leaves out."""
    more = [f"and {len(lines) - most:,} more"] if len(lines) > most else []
    return "\n".join(f"- {line}" for line in [*lines[:most], *more])


def number(value: float | None, *others: float, digits: int = 4) -> str:
    """Return a metric as people read it, with as many digits as tell it from others; a missing one is a dash."""
    if value is None:
        return "-"
    usual = f"{value:,.0f}" if 10 ** (digits - 1) - 0.5 <= abs(value) < LARGEST else f"{value + 0.0:.{digits}g}"
    longer = (f"{value:,.{more}g}" for more in range(digits + 1, 18))
    return next((text for text in chain([usual], longer) if _tells(float(text.replace(",", "")), value, others)), usual)


def duration(seconds: float) -> str:
    """Return how long something lasted, in the largest unit of which there are two: 47 hours, 2 days."""
    for unit, size in UNITS:
        if seconds >= 2 * size:
            return f"{int(seconds // size):,} {unit}s"
    return "a minute"


def measured(value: float, low: float, high: float, *others: float) -> tuple[str, str, str]:
    """Return a value and its bounds with as many decimals as these carry, and more where others need them to be told.

    Two digits of an uncertainty below 3.55, else one: the rule of the Particle Data Group, Review of Particle Physics.
    """
    places = decimals((high - low) / 2)
    return tuple(fixed(one, places, *others) for one in (value, low, high))


def decimals(uncertainty: float) -> int:
    """Return how many decimals a value with an uncertainty has."""
    if not 0 < uncertainty < math.inf:
        return 4
    size = math.floor(math.log10(uncertainty))
    return min(12, max(0, (1 if uncertainty / 10**size < 3.55 else 0) - size))


def fixed(value: float, places: int, *others: float) -> str:
    """Return a value with so many decimals, and more where it takes them to tell it from others.

    One with so many digits that nobody counts them has an exponent.
    """
    if value and (places > MOST_PLACES or abs(value) >= LARGEST):
        return number(value, *others)
    texts = [f"{value:z,.{more}f}" for more in range(places, max(places, 12) + 1)]
    return next((one for one in texts if _tells(float(one.replace(",", "")), value, others)), texts[0])


def _tells(shown: float, value: float, others: Sequence[float]) -> bool:
    """Say whether a rounded value lies on the same side of others as the value itself."""
    return all(other == value or (shown != other and (shown > other) == (value > other)) for other in others)


def listed(words: Sequence[str]) -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    return " and ".join(part for part in (", ".join(words[:-1]), "".join(words[-1:])) if part)


@dataclass(frozen=True)
class Section:
    """A part of a page: what it is, its Markdown, and its worth; where a page is too long, the least worth goes."""

    name: str
    text: str
    worth: int


def fit(sections: Sequence[Section], limit: int) -> str:
    """Return a page of the sections in their order, without those of least worth that don't fit; it says which."""
    kept = {place: section for place, section in enumerate(sections) if section.text}
    size = sum(_size(section.text) + len(GLUE) for section in kept.values())
    gone: Counter[str] = Counter()
    for place in sorted(kept, key=lambda place: (kept[place].worth, -place)):
        if size + _size(_note(gone, limit)) < limit:  # a line feed ends the page
            break
        section = kept.pop(place)
        gone[section.name] += 1
        size -= _size(section.text) + len(GLUE)
    return GLUE.join([*(section.text for section in kept.values()), *filter(None, [_note(gone, limit)])]) + "\n"


def _note(gone: Counter[str], limit: int) -> str:
    names = [name if count == 1 else f"{name} ({count:,})" for name, count in gone.items()]
    return f"Left out to keep within {limit:,} characters: {listed(names)}." if gone else ""


def _size(page: str) -> int:
    """GitHub may count as JavaScript does, in UTF-16; that is never less than characters."""
    return len(page.encode("utf-16-le", "surrogatepass")) // 2
