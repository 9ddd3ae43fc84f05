"""Answer predictions for what an environment runs, over HTTP, in TensorFlow Serving's and the v2 protocol."""

import re
from argparse import Namespace
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from registry import console
from registry.errors import refuse
from registry.serving.admission import Admission, host_name

HOST = re.compile(r"([\w-]+\.)*[\w-]+|\[[0-9a-fA-F:.]+\]", re.ASCII)
TOKEN = re.compile(rb"[!-~]+")

EPILOG = """tox run -e serve -- staging
then: curl http://127.0.0.1:8501/v2/models/digits"""


def main() -> None:
    options = _options()
    path = options.path.resolve() if options.path else _target(options.environment)
    from registry.serving import listening

    announce = partial(_announce, options.environment or "models", path)
    listening.serve(path, options.host, options.port, options.workers, _admission(options), announce)


def _options() -> Namespace:
    parser = console.parser(__doc__, EPILOG)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("environment", nargs="?", metavar="ENVIRONMENT", help="its name, such as staging")
    what.add_argument(
        "--path", type=console.path, metavar="DIR", help="serve what lies there instead, as MODEL/1002003/…"
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: only this machine)")
    parser.add_argument(
        "--port", type=int, default=8501, help="default: 8501, TensorFlow Serving's; 0 for any free one"
    )
    parser.add_argument("--workers", type=int, default=1, help="processes that share the port (default: 1)")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--token-file", type=console.path, metavar="FILE", help="answer only who sends the token in it")
    who.add_argument("--insecure", action="store_true", help="answer anybody, on an address that other machines reach")
    parser.add_argument(
        "--allowed-host", action="append", default=[], metavar="NAME", help="a name that clients call it by; repeatable"
    )
    options = parser.parse_args()
    if options.path and not options.path.is_dir():
        raise refuse("--path", f"{options.path} is no folder; name one that holds models")
    if not 0 <= options.port <= 65535:
        raise refuse("--port", f"{options.port} is no port; choose one from 1 to 65535")
    if options.workers < 1:
        raise refuse("--workers", f"{options.workers} is too few; it takes at least 1")
    return options


def _admission(options: Namespace) -> Admission:
    for name in options.allowed_host:
        if not HOST.fullmatch(name):
            raise refuse("--allowed-host", f"{name!r} is no host's name; write one such as models.example.org")
    token = _token(options.token_file) if options.token_file else None
    return Admission(token, frozenset(map(host_name, options.allowed_host)), options.insecure)


def _token(file: Path) -> bytes:
    token = file.read_bytes().strip()
    if not TOKEN.fullmatch(token):
        raise refuse("--token-file", f"{file} holds no token; write one word of letters and digits in it")
    return token


def _target(environment: str) -> Path:
    with ProcessPoolExecutor(1, get_context("fork")) as apart:  # or what reading YAML takes would be held for good
        return apart.submit(_find, environment).result()


def _find(environment: str) -> Path:
    from registry import git
    from registry.environments import manifests

    return manifests.find(git.root(), environment).path


def _announce(environment: str, path: Path, address: str) -> None:
    from urllib.parse import quote

    from registry import versions
    from registry.serving import layout

    present = layout.scan(path) or {}
    console.say(f"serving {environment} from {path} on {address}")
    for model, found in sorted(present.items()):
        if found.versions:
            console.say(f"  {model} {versions.from_integer(max(found.versions))}")
            console.say(f"    curl {address}/v2/models/{quote(model)}")
    if not any(found.versions for found in present.values()):
        console.say(f"  nothing yet: a model is picked up when it is deployed\n    curl {address}/v2/health/ready")


if __name__ == "__main__":
    console.run(main)
