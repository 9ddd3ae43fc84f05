"""The API about itself and about who asks."""

from hub import shapes
from hub.messages import Refusal, Request
from hub.routes import route


@route("GET", "//meta")
def meta(ask: Request) -> dict:
    return {"verifiable_password_authentication": True}


@route("GET", "//rate_limit")
def rate_limit(ask: Request) -> dict:
    used = len(ask.hub.calls)
    rate = {"limit": 5000, "used": used, "remaining": 5000 - used % 5000, "reset": 2_000_000_000}
    return {"resources": {"core": rate, "search": rate}, "rate": rate}


@route("GET", "//user")
def user(ask: Request) -> dict:
    """Only users are somebody: a bot's token gets a 403."""
    if ask.token is None:
        raise Refusal(401, "Requires authentication")
    if ask.token.is_bot:
        raise Refusal(403, "Resource not accessible by integration")
    return shapes.user(ask, ask.login) | {"user_view_type": "public"}
