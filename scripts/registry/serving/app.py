"""The web application: the paths of both protocols, health and metrics."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from registry.protocols import metadata
from registry.protocols.refusals import RequestError, bad_request, show
from registry.running.supervision import Models, Served
from registry.serving import responses
from registry.serving.admission import Admission
from registry.serving.body import Room, read_body
from registry.serving.following import Directory, Model
from registry.serving.metrics import CONTENT_TYPE, Metrics
from registry.serving.rollout import Tried
from registry.serving.shadowing import Copies, Copy

Handler = Callable[[Request], Awaitable[Response]]
Missing = Callable[[str, int | None, str], RequestError]
ReadNumber = Callable[[Request, Model], int | None]

HEADER = metadata.BINARY_HEADER.lower().encode()


class _Part(StringConvertor):
    """A model's name, a version or a label: TensorFlow Serving's paths put `:predict` after it."""

    regex = "[^/:]+"


register_url_convertor("part", _Part())


class _Endpoint:
    """A handler without the wrapping that Starlette gives to functions: errors are caught one level up as well."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._handler(Request(scope, receive))
        await response(scope, receive, send)


class _Guard:
    """Turns down who may not ask, before anything is read of what is asked."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app, self._admission = app, admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = scope["type"] == "http" and self._admission.refusal(scope["path"], scope["headers"])
        answer = responses.refusal(error) if error else self._app
        await answer(scope, receive, send)


def create(path: Path, admission: Admission) -> Starlette:
    """Return the application that serves what lies in a directory, and follows it while it runs."""
    server, guard = _Server(path), Middleware(_Guard, admission=admission)
    return Starlette(
        routes=server.routes(), middleware=[guard], lifespan=server.lifespan, exception_handlers=responses.HANDLERS
    )


class _Server:
    def __init__(self, path: Path) -> None:
        self._models = Models()
        self._directory = Directory(path, self._models.load)
        self._metrics = Metrics(self._directory)
        self._copies = Copies(self._tried, self._metrics.compare)
        self._room = Room(self._models.release)

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await self._models.start()
        thread = await asyncio.to_thread(self._directory.follow)
        yield
        self._directory.stop()
        await asyncio.to_thread(thread.join)
        await self._copies.stop()
        await self._models.stop()

    def routes(self) -> list[Route]:
        v1, v2 = "/v1/models/{model:part}", "/v2/models/{model:part}"
        version, label = "/versions/{version:part}", "/labels/{label:part}"
        infer, predict = _Endpoint(self.infer), _Endpoint(self.predict)
        return [
            *[Route(v2 + part + "/infer", infer, methods=["POST"]) for part in ("", version)],
            *[Route(v1 + part + ":predict", predict, methods=["POST"]) for part in ("", version, label)],
            *[Route(v1 + part + ":{method:part}", self.no_method, methods=["POST"]) for part in ("", version, label)],
            *[Route(v1 + part, self.status) for part in ("", version, label)],
            *[Route(v1 + part + "/metadata", self.metadata_v1) for part in ("", version, label)],
            Route("/v1/models", self.no_model),
            *[Route(v2 + part, self.metadata_v2) for part in ("", version)],
            *[Route(v2 + part + "/ready", self.model_ready) for part in ("", version)],
            Route("/v2", self.about),
            Route("/v2/health/live", self.live),
            Route("/v2/health/ready", self.ready),
            Route("/metrics", self.metrics),
        ]

    async def predict(self, request: Request) -> Response:
        return await self._answer("v1", request, _number_v1, metadata.no_servable)

    async def infer(self, request: Request) -> Response:
        return await self._answer("v2", request, _number_v2, self._missing)

    async def _answer(self, protocol: str, request: Request, read_number: ReadNumber, missing: Missing) -> Response:
        started, model, version, status = time.perf_counter(), "", "", 500
        try:
            headers = dict(request.scope["headers"])
            found, tried = self._choose(request, headers, read_number, missing)
            model, version = found.model, str(found.number)
            with self._room.share() as share:
                body = await read_body(headers, request.receive, share)
                answer = await self._models.ask(found, protocol, body, headers.get(HEADER))
            status = 200
        except RequestError as error:
            status = error.status
            raise
        finally:
            self._metrics.count(protocol, model, version, status, time.perf_counter() - started)
        response = responses.binary(*answer)
        if tried and tried.copies(found):
            copy = Copy(tried.trial, protocol, body, headers.get(HEADER), answer)
            response.background = BackgroundTask(self._copies.offer, copy)  # which comes after it is sent
        return response

    def _choose(
        self, request: Request, headers: dict[bytes, bytes], read_number: ReadNumber, missing: Missing
    ) -> tuple[Served, Tried | None]:
        """Return who answers, and what is tried meanwhile, where the request left the choice."""
        present = self._model(request)
        number = read_number(request, present)
        if number is None and present.tried:
            return present.tried.choose(headers), present.tried
        return _found(request, present, number, missing), None

    def _model(self, request: Request) -> Model:
        return self._directory.models.get(request.path_params["model"], Model())

    def _find(self, request: Request, read_number: ReadNumber, missing: Missing) -> Served:
        present = self._model(request)
        return _found(request, present, read_number(request, present), missing)

    def _tried(self) -> set[Served]:
        """Return the versions that get copies of requests."""
        trials = [model.tried for model in self._directory.models.values() if model.tried]
        return {one.trial for one in trials if one.rollout.copied and one.rollout.taken < 1}

    async def status(self, request: Request) -> Response:
        name, model = request.path_params["model"], self._model(request)
        number, states = _number_v1(request, model), model.states()
        if number is not None:
            states = {key: fault for key, fault in states.items() if key == number}
        if not states:
            raise metadata.no_status(name, number)
        return responses.json(metadata.status_v1(states))

    async def metadata_v1(self, request: Request) -> Response:
        found = self._find(request, _number_v1, metadata.no_servable)
        return responses.json(metadata.signature_v1(found.model, found.number, found.inputs, found.outputs))

    async def no_method(self, request: Request) -> Response:
        raise bad_request(f"this server answers :predict, not :{request.path_params['method']}")

    async def no_model(self, request: Request) -> Response:
        raise bad_request("Missing model name in request.")

    async def metadata_v2(self, request: Request) -> Response:
        found = self._find(request, _number_v2, self._missing)
        numbers = list(self._directory.models[found.model].versions)
        return responses.json(metadata.model_v2(found.model, numbers, found.kind, found.inputs, found.outputs))

    async def model_ready(self, request: Request) -> Response:
        found = self._find(request, _number_v2, self._missing)
        return responses.json(orjson.dumps({"name": found.model, "ready": True}))

    def _missing(self, name: str, number: int | None, fault: str) -> RequestError:
        model, because = self._directory.models.get(name), fault and f"; {fault}"
        if model is None:
            served = ", ".join(sorted(self._directory.models)) or "nothing"
            return RequestError(404, f"model {show(name)} is not served here; served: {served}")
        if number is None:
            return RequestError(404, f"model {show(name)} has no version that can be loaded{because}")
        versions = ", ".join(map(str, sorted(model.versions))) or "none"
        return RequestError(404, f"model {show(name)} has no version {number}; it has: {versions}{because}")

    async def about(self, request: Request) -> Response:
        return responses.json(orjson.dumps({"name": "serve", "version": "1", "extensions": [metadata.BINARY]}))

    async def live(self, request: Request) -> Response:
        return responses.json(b'{"live":true}')

    async def ready(self, request: Request) -> Response:
        ready = self._directory.ready and self._models.is_running
        return responses.json(orjson.dumps({"ready": ready}), 200 if ready else 503)

    async def metrics(self, request: Request) -> Response:
        return Response(await asyncio.to_thread(self._metrics.page), headers={"content-type": CONTENT_TYPE})


def _found(request: Request, model: Model, number: int | None, missing: Missing) -> Served:
    found = model.latest if number is None else model.versions.get(number)
    if found is None or found.fault:
        states = model.states()
        fault = states.get(max(states, default=None) if number is None else number, "")
        raise missing(request.path_params["model"], number, fault)
    return found


def _number_v1(request: Request, model: Model) -> int | None:
    """The version in a path of TensorFlow Serving's, None for the one that answers by default; raises its errors."""
    if label := request.path_params.get("label"):
        labels = model.labels()
        if label not in labels:
            raise bad_request(f"Unrecognized servable version label: {label}")
        return labels[label]
    text = request.path_params.get("version")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise bad_request(f"Malformed request: {request.method} {request.url.path}")
    if len(text) > 19 or int(text) >= 2**63:
        raise bad_request(f"Failed to convert version: {text[:60]} to numeric.")
    return int(text)


def _number_v2(request: Request, _: Model) -> int | None:
    text = request.path_params.get("version")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 19):
        raise RequestError(404, f"version {show(text)} is no version; they are integers such as 1000000")
    return int(text)
