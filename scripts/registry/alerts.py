"""What a job's summary shows first: an alert in the colour of what happened, in GitHub's Markdown. Pure."""

import re
from collections.abc import Sequence

from registry.errors import Problem

GOOD, PLAIN, DOUBTFUL, BAD = "TIP", "NOTE", "WARNING", "CAUTION"  # green, blue, yellow, red
MOST, LONGEST = 100, 2000
MARKUP = re.compile(r'[!"#$%&()*+<=>?@\[\\\]^_`{|}~]')


def alert(kind: str, headline: str, lines: Sequence[str] = ()) -> str:
    """Return an alert: a headline, which is plain text, and lines of Markdown below it."""
    more = [">", *(f"> {line}" for line in lines)] if lines else []
    return "\n".join([f"> [!{kind}]", f"> **{plain(headline)}**", *more])


def listed(problems: Sequence[Problem]) -> list[str]:
    """Return a line of Markdown for each problem, of very many the first."""
    shown = [f"- {_place(one)}{plain(one.text)}" for one in problems[:MOST]]
    return [*shown, *([f"- and {len(problems) - MOST:,} more, in the log"] if len(problems) > MOST else [])]


def _place(problem: Problem) -> str:
    at = f"{problem.file}:{problem.line}" if problem.line else problem.file
    return "".join(f"<code>{_safe(part)}</code>: " for part in (at, problem.field) if part)


def plain(text: str) -> str:
    """Return text as Markdown shows it, on one line; what stands between backticks is code there, too."""
    line = " ".join(text.split())
    parts = (line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…").split("`")
    if len(parts) % 2 == 0:  # a backtick that is none of a pair
        return _safe("`".join(parts))
    return "".join(f"<code>{_safe(part)}</code>" if place % 2 else _safe(part) for place, part in enumerate(parts))


def _safe(text: str) -> str:
    """A reference such as &#42; is never markup."""
    return MARKUP.sub(lambda found: f"&#{ord(found[0])};", text)
