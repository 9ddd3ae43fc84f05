"""Values into pages: safe whatever the texts are, which come from pull requests of strangers. The one door to jinja2."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from registry.chronicle import instant, wording
from registry.formats.markdown import number, one_line

PAGES = Path(__file__).parent / "pages"
LONGEST = 4000  # characters of a text
DAY = 24 * 3600


class Templates:
    """The templates of all pages, each compiled once; `shared` are values that all of them know, `now` a second."""

    def __init__(self, shared: Mapping[str, object], now: int) -> None:
        self._jinja = Environment(
            loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, finalize=shown,
            trim_blocks=True, lstrip_blocks=True, auto_reload=False,
        )  # fmt: skip
        self._jinja.globals |= shared
        self._jinja.filters |= {
            "count": count,
            "minute": wording.minute,
            "number": number,
            "short": lambda commit: commit[: wording.SHORT],
            "stamp": instant.stamp,
            "when": lru_cache(maxsize=None)(lambda second: when(second, now)),
        }

    def page(self, template: str, values: Mapping[str, object]) -> str:
        """Return the page that a template makes of values by name."""
        return self._jinja.get_template(template).render(values)


def asset(name: str) -> str:
    """Return a file that all pages share."""
    return (PAGES / name).read_text("utf-8")


def shown(value: object) -> object:
    """Return a value as a page shows it: of a text one line, in which what nobody sees becomes visible."""
    if type(value) is str and not value.isprintable():
        return one_line(value, LONGEST)
    return value if type(value) is not str or len(value) <= LONGEST else one_line(value, LONGEST)


def when(second: int, now: int) -> Markup:
    """Return a time as HTML, with how long it was ago."""
    told = Markup('<time datetime="{}">{}</time> <small>{}</small>')
    return told.format(instant.stamp(second), wording.minute(second), ago(now - second))


def ago(seconds: int) -> str:
    """Return in words how long ago something was."""
    for size, word in ((365 * DAY, "year"), (DAY, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{count(seconds // size, word)} ago"
    return "just now"


def count(how_many: int, noun: str) -> str:
    """Return a number with its noun: 1 day, 2,000 days."""
    return f"{how_many:,} {noun}{'s' * (how_many != 1)}"
