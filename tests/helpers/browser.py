"""Debian's Chromium, spoken to through a pipe: pages opened, looked at and asked. A test without it is skipped."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-headless-shell")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-pipe",
)
needed = pytest.mark.skipif(CHROMIUM is None, reason="there is no `chromium`, nor its headless shell, to look at pages")


class Page:
    """A tab of a browser: `told` holds what the page's console said and what was refused to it."""

    def __init__(self, browser: "Browser", session: str) -> None:
        self._browser = browser
        self._session = session

    def call(self, method: str, **words: object) -> dict:
        """Return what the DevTools protocol answers: https://chromedevtools.github.io/devtools-protocol/."""
        return self._browser.call(method, self._session, **words)

    def open(self, address: str) -> None:
        """Open an address, and wait until all of it is there."""
        self._browser.heard.clear()
        self.call("Page.navigate", url=address)
        while not any(one["method"] == "Page.loadEventFired" for one in self._browser.heard):
            self._browser.hear()

    def ask(self, script: str) -> object:
        """Return what a script gives in the page, whatever the page's own policy lets in."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def size(self, width: int, height: int = 900) -> None:
        """Be a screen of so many pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefer(self, scheme: str, medium: str = "") -> None:
        """Be a person who prefers `dark` or `light`; `medium` may be `print`."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=medium, features=features)

    def complaints(self) -> list[str]:
        """Return what the page's console said, and what was not let in."""
        self.ask("1")
        logs = [one["params"]["entry"]["text"] for one in self._browser.heard if one["method"] == "Log.entryAdded"]
        return logs + [str(one["params"]) for one in self._browser.heard if one["method"] == "Runtime.exceptionThrown"]

    def shot(self, path: Path) -> None:
        """Write a picture of the whole page."""
        found = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))


class Browser:
    """A running browser."""

    def __init__(self, write: int, read: int) -> None:
        self._write = write
        self._read = os.fdopen(read, "rb")
        self._left = b""
        self._number = 0
        self.heard: list[dict] = []

    def page(self) -> Page:
        """Open a tab."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        page = Page(self, self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        return page

    def call(self, method: str, session: str = "", **words: object) -> dict:
        self._number += 1
        asked = {"id": self._number, "method": method, "params": words} | ({"sessionId": session} if session else {})
        os.write(self._write, json.dumps(asked).encode() + b"\0")
        while (answer := self.hear()).get("id") != self._number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def hear(self) -> dict:
        """Return the next answer or event; events are kept."""
        while b"\0" not in self._left:
            more = self._read.read1(1 << 20)
            assert more, "the browser ended"
            self._left += more
        raw, _, self._left = self._left.partition(b"\0")
        told = json.loads(raw)
        if "method" in told:
            self.heard.append(told)
        return told


@contextmanager
def browsing(profile: Path) -> Iterator[Browser]:
    """Yield a browser that knows nothing of any other, and ends with the block."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}"]
    # the browser reads from 3 and writes to 4, whatever numbers the pipes have here
    script = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
    with subprocess.Popen(
        ["bash", "-c", script, "bash", *command], pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            yield Browser(ours_out, ours_in)
        finally:
            process.terminate()
            os.close(ours_out)
