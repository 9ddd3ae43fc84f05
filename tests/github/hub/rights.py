"""Who may what: the rights of people, and the teams of the owner."""

from hub import shapes
from hub.messages import Answer, Request, missing
from hub.paging import paged
from hub.routes import route


@route("GET", "/collaborators/{username}/permission", "metadata:read", closed=True)
def permission(ask: Request, username: str) -> dict:
    """Tell what somebody may do; whoever is not known reads what is public."""
    level = "read" if username in ask.repository.readers else "write"
    return {"permission": level, "role_name": level, "user": shapes.user(ask, username)}


@route("GET", "//orgs/{org}/teams/{team_slug}/members", closed=True)
def members(ask: Request, org: str, team_slug: str) -> Answer:
    """List who is in a team; GITHUB_TOKEN, which knows nothing of organizations, is told that there is none."""
    teams = next((one.teams for one in ask.hub.repositories.values() if one.owner == org), {})
    if ask.token.kind == "workflow" or team_slug not in teams:
        raise missing()
    return paged(ask, [shapes.user(ask, login) for login in teams[team_slug]])
