"""HTTP as a client. The one door to requests."""

from typing import BinaryIO

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from registry import console
from registry.errors import refuse

CHUNK = 1024 * 1024
TIMEOUT = (10, 60)
PASSING = (429, 500, 502, 503, 504)
RETRIES = Retry(total=4, other=0, backoff_factor=0.5, status_forcelist=PASSING, allowed_methods=("GET",))


def download(url: str, file: BinaryIO) -> None:
    """Write what an address holds into an open file, with a progress bar; raise RegistryError when it can't."""
    try:
        with _session() as session, session.get(url, stream=True, timeout=TIMEOUT) as answer:
            answer.raise_for_status()
            length = int(answer.headers.get("Content-Length", 0)) or None
            with console.progress(f"fetching {url.rsplit('/', 1)[-1]}") as show:
                for chunk in answer.iter_content(CHUNK):
                    file.write(chunk)
                    show(file.tell(), length)
    except requests.RequestException as error:
        raise refuse(url, f"can't be fetched: {_reason(error)}; check the address and the network") from error


def _session() -> requests.Session:
    session = requests.Session()
    session.headers["Accept-Encoding"] = "identity"  # the bytes as they lie there: their digest is known
    session.adapters.clear()  # a redirect must not leave https
    session.mount("https://", HTTPAdapter(max_retries=RETRIES))
    return session


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.InvalidSchema):
        return "it leads to an address without https"
    if error.response is not None:
        return f"the server answers {error.response.status_code} {error.response.reason}".lower()
    inner = getattr(error.args[0], "reason", error) if error.args else error
    return " ".join(str(inner).split())[:200]
