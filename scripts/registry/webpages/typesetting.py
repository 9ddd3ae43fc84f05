"""Values into pages: safe whatever the texts are, which come from pull requests of strangers. The one door to jinja2."""

import re
from collections.abc import Collection, Mapping
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from registry import console
from registry.answering.reviews import Merged
from registry.chronicle import instant, wording
from registry.chronicle.events import Person
from registry.formats.markdown import duration, number
from registry.github.sites import Site
from registry.showing import tabular
from registry.specs import fingerprints
from registry.webpages.knowledge import Known

PAGES = Path(__file__).parent / "pages"
MINUTE = 60
# what nobody sees, or what turns round how others are read, and halves of characters
UNSEEN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
DAY_OF = '<time datetime="{}">{}</time>'
WHEN = '<time datetime="{}">{}</time> <small>{}</small>'
CODE = "<code>{}</code>"
CHIP = '<a class="chip {3}" href="{0}models/{1}/{2}.html">{2} <small>{3}</small></a>'
STRANGE = {"foreign": "foreign", "unknown": "no release"}  # versions that have no page
STRANGER = '<span class="chip {}">{} <small>{}</small></span>'
WHO = "<bdi>{}</bdi>"
COMMIT = '<code class="sha">{}</code>'
BY = '<td class="by">{} <small>{} {}</small>{}</td>'
APPROVED = " <small>{}approved by <b>{}</b></small>"
TITLE = "<bdi>“{}”</bdi>, "
LINK = '<a href="{}">{}</a>'
UNTOLD = Markup('<a href="#untold">not told here</a>')  # leads to why, at the foot of the page
BREAK = re.compile(r"(?<=[./])(?=\D)")
NO_PULL = "no pull request told"


class Templates:
    """The templates of all pages, each compiled once; `shared` are values that all of them know, `now` a second."""

    def __init__(self, shared: Mapping[str, object], site: Site | None, known: Known, now: int) -> None:
        self._jinja = Environment(
            loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True, auto_reload=False,
        )  # fmt: skip
        # what stands on a page many times is made once
        drawn = {"chip": chip, "who": who, "commit": partial(commit, site), "pull": partial(pull, site)}
        drawn |= {"by": partial(by, site, known), "environment": partial(environment, shared["places"])}
        drawn |= {
            "menu": lambda up, path: self._part("menu.html", up=up, path=path),
            "origin": lambda: self._part("origin.html"),
        }
        self._jinja.globals |= {**shared, "site": site, "now": now, "untold": UNTOLD} | {
            name: cache(one) for name, one in drawn.items()
        }
        self._jinja.filters |= {
            "approvers": approvers,
            "breakable": breakable,
            "brief": lambda stamp: f"{stamp[:16].replace('T', ' ')} UTC",
            "count": console.count,
            "day": cache(day),
            "known": lambda told: "" if told == "-" else told,
            "minute": wording.minute,
            "named": tabular.named,
            "number": cache(number),
            "readable": fingerprints.readable,
            "short": lambda commit: commit[: wording.SHORT],
            "stamp": instant.stamp,
            "ticked": cache(ticked),
            "when": cache(partial(when, now)),
        }

    def _part(self, template: str, **values: str) -> Markup:
        return Markup(self._jinja.get_template(template).render(values))

    def page(self, path: str, template: str, values: Mapping[str, object]) -> str:
        """Return the page at a path that a template makes of values by name."""
        here = {"path": "" if path.startswith("models/") else path}
        return UNSEEN.sub("\N{REPLACEMENT CHARACTER}", self._jinja.get_template(template).render(values, **here))


def asset(name: str) -> str:
    """Return a file that all pages share."""
    return (PAGES / name).read_text("utf-8")


def filled(words: str, *values: object) -> Markup:
    """Return markup of ours with values in it that may be anybody's; `Markup.format` takes four times as long."""
    return Markup(words.format(*map(escape, values)))


def chip(up: str, model: str, version: str, state: str) -> Markup:
    """Return a version with what there is to say of it, as a link to its page; `up` leads to the top of the catalogue."""
    if state in STRANGE:
        return filled(STRANGER, state, version, STRANGE[state])
    return filled(CHIP, up, model, version, state)


def who(person: Person) -> Markup:
    """Return somebody's name, or their address where they have none."""
    return filled(WHO, person.name or person.email or "nobody known")


def commit(site: Site | None, sha: str) -> Markup:
    """Return the beginning of a commit's name, as a link where there is a site."""
    shown = filled(COMMIT, sha[: wording.SHORT])
    return filled(LINK, site.commit(sha), shown) if site else shown


def pull(site: Site | None, number: int | None) -> str:
    """Return the number of a pull request, as a link where there is a site."""
    if number is None:
        return NO_PULL
    return filled(LINK, site.pull(number), f"#{number}") if site else f"#{number}"


def by(site: Site | None, known: Known, person: Person, number: int | None, sha: str) -> Markup:
    """Return the cell of a table that says who did something, in which pull request and commit, and who approved a pin."""
    movers = known.movers or {}
    approved = _approved(movers[sha]) if sha in movers else ""
    return filled(BY, who(person), pull(site, number), commit(site, sha), approved)


def _approved(merged: Merged | None) -> Markup:
    return filled(APPROVED, filled(TITLE, merged.title) if merged else "", approvers(merged))


def approvers(merged: Merged | None) -> str:
    """Return who approved a pull request."""
    return ", ".join(merged.approvers if merged else ()) or "nobody"


def environment(places: Collection[str], up: str, name: str) -> str:
    """Return the name of an environment, as a link where it has a page."""
    return filled(LINK, f"{up}environments/{name}.html", name) if name in places else name


def ticked(text: str) -> Markup:
    """Return a text of ours, in which what stands in backticks is code."""
    return Markup("").join(filled(CODE, part) if place % 2 else part for place, part in enumerate(text.split("`")))


def breakable(text: str) -> Markup:
    """Return a path, or a field with those that it is within, which may be broken between its parts."""
    return Markup("<wbr>").join(BREAK.split(text))


def day(second: int) -> Markup:
    """Return a day of UTC."""
    return filled(DAY_OF, instant.stamp(second), instant.stamp(second)[:10])


def when(now: int, second: int) -> Markup:
    """Return a time of UTC to the minute, with how long it was ago."""
    return filled(WHEN, instant.stamp(second), wording.minute(second), ago(now - second))


def ago(seconds: int) -> str:
    """Return in words how long ago something was."""
    return f"{duration(seconds)} ago" if seconds >= MINUTE else "just now"
