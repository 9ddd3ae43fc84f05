"""Release assets: bytes with a state and a digest, kept as files and fetched from another host."""

import hashlib
import re

from hub.messages import Answer, Refusal, Request, invalid, missing
from hub.paging import paged
from hub.routes import route
from hub.shapes import user
from hub.state import Asset, Release

UPLOAD_REFUSED = "Cannot upload assets to an immutable release."
CHANGE_REFUSED = "Cannot {} asset from an immutable release"


def renamed(name: str) -> str:
    """Return the name that GitHub gives an asset: runs of other characters become one period."""
    return re.sub(r"\.{2,}", ".", re.sub(r"[^A-Za-z0-9._+-]+", ".", name)).strip(".")


def writes(ask: Request) -> bool:
    """Say whether who asks may see drafts."""
    return ask.token is not None and ask.token.may("contents:write")


def find_release(ask: Request, release_id: str) -> Release:
    one = ask.repository.releases.get(int(release_id))
    if one is None or (one.draft and not writes(ask)):
        raise missing()
    return one


def find(ask: Request, asset_id: str) -> tuple[Release, Asset]:
    for release in ask.repository.releases.values():
        if int(asset_id) in release.assets and (not release.draft or writes(ask)):
            return release, release.assets[int(asset_id)]
    raise missing()


def shown(ask: Request, release: Release, one: Asset) -> dict:
    facts = {name: getattr(one, name) for name in ("id", "name", "label", "content_type", "state", "size", "digest")}
    facts["digest"] = one.digest if ask.hub.tells_digests else None
    return facts | {
        "url": f"{ask.here}/releases/assets/{one.id}", "uploader": user(ask, one.uploader),
        "browser_download_url": f"{ask.web}/releases/download/{release.path}/{one.name}",
        "created_at": one.created_at, "updated_at": one.created_at, "download_count": one.downloads,
    }  # fmt: skip


@route("GET", "/releases/{release_id}/assets", "contents:read")
def list_assets(ask: Request, release_id: str) -> Answer:
    release = find_release(ask, release_id)
    return paged(ask, [shown(ask, release, one) for one in release.assets.values()])


@route("POST", "/releases/{release_id}/assets", "contents:write")
def upload(ask: Request, release_id: str) -> Answer:
    release = find_release(ask, release_id)
    one = start(ask, release)
    if len(ask.body) > ask.hub.asset_limit:
        raise invalid("ReleaseAsset", "custom", "size", f"size must be less than or equal to {ask.hub.asset_limit}")
    if not ask.body:
        raise invalid("ReleaseAsset", "custom", "size", "size must be greater than or equal to 1")
    one.path.write_bytes(ask.body)
    one.state, one.size, one.digest = "uploaded", len(ask.body), f"sha256:{hashlib.sha256(ask.body).hexdigest()}"
    release.assets[one.id] = one
    return Answer(201, shown(ask, release, one))


def start(ask: Request, release: Release) -> Asset:
    """Return an asset without bytes; refuse what GitHub refuses before it reads any."""
    if "content-length" not in ask.headers:
        raise Refusal(400, "Bad Content-Length: ")
    if release.immutable:
        raise Refusal(422, UPLOAD_REFUSED)
    name = renamed(ask.query["name"])
    if any(one.name == name for one in release.assets.values()):
        raise invalid("ReleaseAsset", "already_exists", "name")
    number = next(ask.repository.ids)
    kind = ask.headers.get("content-type", "application/octet-stream")
    return Asset(number, name, ask.login, ask.hub.bytes_path(number), ask.query.get("label"), kind)


def leave_starter(ask: Request, release_id: str) -> None:
    """Do what a broken upload does: leave an empty asset that blocks its name until it is deleted."""
    release = find_release(ask, release_id)
    one = start(ask, release)
    release.assets[one.id] = one


@route("GET", "/releases/assets/{asset_id}", "contents:read")
def get(ask: Request, asset_id: str) -> Answer:
    release, one = find(ask, asset_id)
    if "application/octet-stream" not in ask.headers.get("accept", ""):
        return Answer(200, shown(ask, release, one))
    return download(ask, one)


def download(ask: Request, one: Asset) -> Answer:
    """Send to the other host, as GitHub does."""
    if one.state != "uploaded":
        raise missing()
    one.downloads += 1
    return Answer(302, None, {"Location": ask.hub.storage.address(one.path, one.content_type, one.name)})


@route("PATCH", "/releases/assets/{asset_id}", "contents:write")
def update(ask: Request, asset_id: str) -> dict:
    release, one = find(ask, asset_id)
    if release.immutable:
        raise invalid("ReleaseAsset", "custom", None, CHANGE_REFUSED.format("update"))
    name = renamed(ask.json.get("name", one.name))
    if any(other.name == name and other is not one for other in release.assets.values()):
        raise invalid("ReleaseAsset", "already_exists", "name")
    one.name, one.label = name, ask.json.get("label", one.label)
    return shown(ask, release, one)


@route("DELETE", "/releases/assets/{asset_id}", "contents:write")
def delete(ask: Request, asset_id: str) -> None:
    release, one = find(ask, asset_id)
    if release.immutable:
        raise invalid("ReleaseAsset", "custom", None, CHANGE_REFUSED.format("delete"))
    del release.assets[one.id]
