"""The other host: bytes behind addresses that are signed and don't live long. It must never see a token."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from hub.messages import Answer, Refusal, Request


@dataclass
class Blob:
    path: Path
    content_type: str
    name: str
    live: bool = True


class Storage:
    """Signed addresses and what they lead to."""

    def __init__(self) -> None:
        self.base = ""  # set once the server listens
        self.blobs: dict[str, Blob] = {}
        self.leaks: list[str] = []  # calls that came with an Authorization header

    def address(self, path: Path, content_type: str, name: str) -> str:
        """Return a new address for a file."""
        signature = secrets.token_urlsafe(24)
        self.blobs[signature] = Blob(path, content_type, name)
        return f"{self.base}/blobs/{path.name}?sp=r&sig={signature}"

    def expire(self) -> None:
        """Let all addresses that were given out so far run out."""
        for one in self.blobs.values():
            one.live = False

    def answer(self, ask: Request) -> Answer:
        """Answer a download, whole or from where the client stopped."""
        if "authorization" in ask.headers:
            self.leaks.append(ask.path)
            raise Refusal(400, "InvalidAuthenticationInfo")
        one = self.blobs.get(ask.query.get("sig", ""))
        if one is None or not one.live:
            raise Refusal(403, "AuthenticationFailed: Signature not valid in the specified time frame")
        content = one.path.read_bytes()
        tag = f'"0x{hashlib.sha256(content).hexdigest()[:15].upper()}"'
        headers = {"Content-Type": one.content_type, "ETag": tag, "Accept-Ranges": "bytes"}
        headers["Content-Disposition"] = f"attachment; filename={one.name}"
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", ask.headers.get("range", ""))
        if not wanted or ask.headers.get("if-range", tag) != tag:
            return Answer(200, content, headers)
        start, end = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1)
        if start >= len(content):
            raise Refusal(416, "InvalidRange", headers={"Content-Range": f"bytes */{len(content)}"})
        headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        return Answer(206, content[start : end + 1], headers)
