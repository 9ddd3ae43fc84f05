"""Lists in pages, with GitHub's Link header."""

from urllib.parse import urlencode

from hub.messages import Answer, Request


def paged(ask: Request, items: list, key: str | None = None) -> Answer:
    """Return the page that was asked for; under `key` and with the total where GitHub wraps the list."""
    limit = min(100, ask.hub.page_limit)
    size = min(int(ask.query.get("per_page", 30)), limit) or limit
    page, last = max(int(ask.query.get("page", 1)), 1), max(-(-len(items) // size), 1)
    shown = items[(page - 1) * size : page * size]
    facts = {"total_count": len(items), key: shown} if key else shown
    pages = {"prev": page - 1 if page > 1 else 0, "next": page + 1 if page < last else 0}
    pages |= {"last": last if page < last else 0, "first": 1 if page > 1 else 0}
    links = ", ".join(f'<{_address(ask, number)}>; rel="{name}"' for name, number in pages.items() if number)
    return Answer(200, facts, {"Link": links} if links else {})


def _address(ask: Request, page: int) -> str:
    return f"{ask.api}{ask.path}?{urlencode(ask.query | {'page': page})}"
