"""The few pages for people that programs fetch too: released files under their tag."""

from urllib.parse import unquote

from hub import assets
from hub.messages import Answer, Request, missing


def answer(ask: Request) -> Answer:
    """Answer /OWNER/NAME/releases/download/TAG/FILE."""
    parts = [unquote(part) for part in ask.path.strip("/").split("/")]
    if ask.method != "GET" or len(parts) < 6 or parts[2:4] != ["releases", "download"]:
        if parts[0] in ("repos", "api"):
            ask.hub.violations.append(f"request {ask.method} {ask.path}: the API is at {ask.hub.api_url}")
        raise missing()
    ask.repository = ask.hub.repositories.get("/".join(parts[:2]))
    if ask.repository is None or (ask.repository.private and ask.token is None):
        raise missing()
    tag, name = "/".join(parts[4:-1]), parts[-1]
    for release in ask.repository.releases.values():
        if release.tag_name == tag and not release.draft:
            for one in release.assets.values():
                if one.name == name:
                    return assets.download(ask, one)
    raise missing()
