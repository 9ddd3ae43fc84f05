"""GitHub Pages: whether a repository has them, and deployments of artifacts. Tests say how these go on."""

from hub import artifacts
from hub.messages import Refusal, Request, missing
from hub.routes import route


def _site(ask: Request) -> dict:
    if ask.repository.site is None:
        raise missing()
    return ask.repository.site


@route("GET", "/pages", "pages:read", closed=True)
def get(ask: Request) -> dict:
    found = {"url": f"{ask.here}/pages", "status": "built", "cname": None, "custom_404": False, "public": True}
    return found | {"html_url": "https://octo.github.io/models/"} | _site(ask)


@route("POST", "/pages/deployments", "pages:write")
def create(ask: Request) -> dict:
    """Take an artifact of a run that proves who it is."""
    site, given = _site(ask), ask.json
    if given["oidc_token"] != "identity":
        raise Refusal(400, "Invalid OIDC token")
    artifacts.find(ask, str(given["artifact_id"]))
    site.setdefault("deployments", {})[given["pages_build_version"]] = given["artifact_id"]
    here = f"{ask.here}/pages/deployments/{given['pages_build_version']}"
    return {"id": given["pages_build_version"], "status_url": here, "page_url": "https://octo.github.io/models/"}


@route("GET", "/pages/deployments/{pages_deployment_id}", "pages:read", closed=True)
def status(ask: Request, pages_deployment_id: str) -> dict:
    """Tell one state after the other, the last one again and again; None is of a deployment that is not known yet."""
    states = _site(ask)["states"]
    state = states.pop(0) if len(states) > 1 else states[0]
    if state is None:
        raise missing()
    return {"status": state}


@route("POST", "/pages/deployments/{pages_deployment_id}/cancel", "pages:write")
def cancel(ask: Request, pages_deployment_id: str) -> None:
    _site(ask)["states"] = ["deployment_cancelled"]
