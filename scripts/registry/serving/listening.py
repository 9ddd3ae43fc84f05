"""The processes that listen. The one door to uvicorn."""

import asyncio
import errno
import multiprocessing
import os
import resource
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from registry import repeats
from registry.errors import RegistryError, refuse
from registry.serving.admission import Admission
from registry.serving.crowd import FILES

BACKLOG = 2048
AT_ONCE = 8  # connections that are accepted before anything else is done
STARTING = 60  # seconds until a worker counts as not coming up
STOPPING = 30  # seconds for what is in flight
UNRESPONSIVE = 30  # seconds until a worker that does not stir is replaced


def serve(path: Path, host: str, port: int, workers: int, admission: Admission, ready: Callable[[str], None]) -> None:
    """Serve what lies in a directory until SIGTERM or SIGINT, then finish what is in flight and return.

    Calls `ready` with the server's address once it answers. Raises RegistryError when it can't listen there, or may not.
    """
    for number in signal.SIGTERM, signal.SIGINT:
        signal.signal(number, lambda *_: sys.exit(0))
    _allow_files()
    with _listen(host, port) as listener:
        announce = partial(ready, _address(host, listener))
        config = _config(path, admission.at(listener.getsockname()[0]), workers)
        if workers == 1:
            _Server(config, announce).run([listener])
        else:
            _serve_in_processes(config, announce, listener)


def _allow_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is spelled out; without it an answer can wait 40 ms
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)  # at once: two that are only bound would not notice each other
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
    return listener


def _cannot_listen(host: str, port: int, error: OSError) -> RegistryError:
    if error.errno == errno.EADDRINUSE:
        return refuse(f"{host}:{port}", "is taken; stop what listens there, or choose another with --port")
    reason = (error.strerror or str(error)).lower()
    return refuse(f"{host}:{port}", f"can't be listened on: {reason}; choose another with --host or --port")


def _address(host: str, listener: socket.socket) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}"


def _config(path: Path, admission: Admission, workers: int) -> uvicorn.Config:
    return uvicorn.Config(
        partial(_create, path, admission),
        factory=True,
        loop="registry.serving.listening:Loop",
        http="registry.serving.connection:Connection",
        workers=workers,
        lifespan="on",
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=75,  # longer than clients keep an idle connection, so that they are the ones to close it
        timeout_graceful_shutdown=STOPPING,
        timeout_worker_healthcheck=UNRESPONSIVE,
    )


def _create(path: Path, admission: Admission) -> Starlette:
    from registry.serving import app  # in the process that serves, after the metrics' folder is set

    repeats.write_log(spared="serve")
    if multiprocessing.parent_process():
        threading.Thread(target=_leave_with_parent, daemon=True).start()
    return app.create(path, admission)


def _leave_with_parent() -> None:
    """End this process as a signal would, once the process that started it is gone: killed, it can't say so."""
    multiprocessing.parent_process().join()
    signal.raise_signal(signal.SIGTERM)


class Loop(asyncio.SelectorEventLoop):
    """Accepts a few connections at a time, so that each is known before the next: asyncio takes all that there are,
    and says of each that the process has no file left for it."""

    async def create_server(self, *words: object, sock: socket.socket, backlog: int, **more: object) -> asyncio.Server:
        server = await super().create_server(*words, sock=sock, backlog=AT_ONCE, **more)
        sock.listen(backlog)
        return server


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


class _Workers(Multiprocess):
    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], ready: Callable[[], None]) -> None:
        super().__init__(config, sockets)
        self._ready = ready

    def init_processes(self) -> None:
        super().init_processes()
        if all(process.wait_until_ready(STARTING) for process in self.processes):
            self._ready()

    def terminate_all(self) -> None:
        for listener in self.sockets:  # or clients would still connect, to a door that nobody answers
            listener.close()
        super().terminate_all()


def _serve_in_processes(config: uvicorn.Config, ready: Callable[[], None], listener: socket.socket) -> None:
    with tempfile.TemporaryDirectory(prefix="serve-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        workers = _Workers(config, [listener], ready)
        workers.run()
    if any(process.exitcode == STARTUP_FAILURE for process in workers.processes):
        raise refuse("serve", "a worker could not start; the lines above say why")
