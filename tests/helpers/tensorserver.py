"""A stand-in for TensorFlow Serving, a process that follows its rules for the model config file, versions and labels.

They are those of its sources, model_servers/server.cc and server_core.cc and sources/storage_path/ of version 2.21, and
of https://www.tensorflow.org/tfx/serving/serving_config; each is told where it is kept here. Whatever is read there as
an error of the whole file changes nothing, and the server goes on with what it has. Models are loaded and run by our own
runtime, and answers come from our own reading of its REST API, so both are those of a real artifact.
"""

import argparse
import json
import os
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
)

SCRIPTS = Path(__file__).parents[2] / "scripts"
KINDS = {"string": 9, "int64": 3, "uint32": 13, "enum": 5, "message": 11}  # of an enum its numbers
# What a config file may hold: by message its fields: number, kind, whether there may be several, which message.
DEFINITIONS = {
    "ModelServerConfig": {"model_config_list": (1, "message", False, "ModelConfigList")},
    "ModelConfigList": {"config": (1, "message", True, "ModelConfig")},
    "ModelConfig": {
        "name": (1, "string", False, ""),
        "base_path": (2, "string", False, ""),
        "model_platform": (4, "string", False, ""),
        "model_version_policy": (7, "message", False, "ServableVersionPolicy"),
        "version_labels": (8, "message", True, "VersionLabelsEntry"),
    },
    "VersionLabelsEntry": {"key": (1, "string", False, ""), "value": (2, "int64", False, "")},
    "ServableVersionPolicy": {
        "latest": (100, "message", False, "Latest"),
        "all": (101, "message", False, "All"),
        "specific": (102, "message", False, "Specific"),
    },
    "Latest": {"num_versions": (1, "uint32", False, "")},
    "All": {},
    "Specific": {"versions": (1, "int64", True, "")},
}
START, LOADING, AVAILABLE, UNLOADING, END = "START", "LOADING", "AVAILABLE", "UNLOADING", "END"
PATH = re.compile(
    r"/v1/models/([^/:]+)(?:(?:/versions/(\d+))|(?:/labels/([^/:]+)))?(?::(predict)|/(metadata))?", re.IGNORECASE
)


@cache
def definition():
    """Return the class of ModelServerConfig."""
    file = descriptor_pb2.FileDescriptorProto(name="stand_in.proto", package="stand_in", syntax="proto3")
    for message, fields in DEFINITIONS.items():
        made = file.message_type.add(name=message)
        for name, (number, kind, several, of) in fields.items():
            made.field.add(name=name, number=number, type=KINDS[kind], label=3 if several else 1,
                           type_name=f".stand_in.{of}" if of else None)  # fmt: skip
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("stand_in.ModelServerConfig"))


class Refused(Exception):
    """What the server answers with a status, or writes into its log."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.text = text
        self.status = {"INVALID_ARGUMENT": 400, "NOT_FOUND": 404, "FAILED_PRECONDITION": 412}.get(code, 500)


def parsed(path: str):
    """Return a config file; ParseProtoTextFile."""
    try:
        return _read(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise Refused("INVALID_ARGUMENT", f"Invalid protobuf file: '{path}' ({error})") from error


@lru_cache(maxsize=1)
def _read(text: str):
    """A file of a thousand models, which is looked at twice a second, takes some time."""
    return text_format.Parse(text, definition()())


class Core:
    """ServerCore with what it stands on: which versions are aspired, their states, and the labels."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._lock = threading.RLock()
        self._is_first = True
        self._source: dict = {}  # the models whose versions are looked for, by name
        self._failed: set = set()  # versions that could not be loaded: not tried again until they are left out once
        self._labels: dict[str, dict[str, int]] | None = None
        self._states: dict[str, dict[int, tuple[str, str]]] = {}  # ServableStateMonitor, which forgets nothing
        self._aspired: dict[str, dict[int, str]] = {}
        self._loaded: dict[tuple[str, int], object] = {}
        self._threads = ThreadPoolExecutor(4)

    def start(self) -> None:
        """Server::BuildAndStart: no server without a first config that is accepted, and whose models load."""
        self.reload(parsed(self._options.model_config_file))

    def follow(self) -> None:
        """Look again and again at the file system, and at the config file where that is wanted."""
        wait = self._options.file_system_poll_wait_seconds
        threading.Thread(target=self._every, args=(wait, self._poll), daemon=True).start()
        if self._options.model_config_file_poll_wait_seconds > 0:  # "If unset or set to zero, poll will be done exactly once"
            wait = self._options.model_config_file_poll_wait_seconds
            threading.Thread(target=self._every, args=(wait, self._reread), daemon=True).start()

    def _every(self, seconds: float, work) -> None:
        while True:
            time.sleep(seconds)
            work()

    def _reread(self) -> None:
        """PollFilesystemAndReloadConfig: what goes wrong is logged, and the file is read again at the next poll."""
        try:
            self.reload(parsed(self._options.model_config_file))
        except Refused as error:
            print(f"failed to ReloadConfig: {error}", flush=True)

    def reload(self, config) -> None:
        """ReloadConfig: checks first, then the labels, then the models; new models are waited for."""
        if not config.HasField("model_config_list"):
            if not self._is_first:
                raise Refused("FAILED_PRECONDITION", "Cannot transition to requested config. It is only legal to transition"
                              " from one ModelConfigList to another.")  # fmt: skip
            return  # "Taking no action for empty config."
        models = self._checked(config.model_config_list.config)
        self._is_first = False
        with self._lock:
            self._label(models)
            before, self._source = self._source, models
            for name in before.keys() - models.keys():
                self._aspired[name] = {}
        self._poll()
        self._await(models.keys() - before.keys())

    def _checked(self, configs) -> dict:
        models: dict = {}
        for one in configs:
            if one.name in models:
                raise Refused("INVALID_ARGUMENT", f"Illegal to list model {one.name} multiple times in config list")
            models[one.name] = one
        for name, one in models.items():
            if not one.base_path.startswith("/"):
                text = f"Expected model {name} to have an absolute path or URI; got base_path()={one.base_path}"
                raise Refused("INVALID_ARGUMENT", text)
            if not one.model_platform:
                raise Refused("INVALID_ARGUMENT", "Illegal setting neither ModelServerConfig::model_type (deprecated) nor"
                              " ModelServerConfig::model_platform.")  # fmt: skip
            if one.model_platform != "tensorflow":
                raise Refused("INVALID_ARGUMENT", f"Model {name} requests unsupported platform {one.model_platform}")
        return models

    def _label(self, models: dict) -> None:
        """UpdateModelVersionLabelMap: one label that may not be there, and none changes, nor any model."""
        found: dict[str, dict[str, int]] = {}
        for name, model in models.items():
            for one in model.version_labels:
                existing = (self._labels or {}).get(name, {}).get(one.key)
                is_new = existing is None or existing == one.value
                is_allowed = self._options.allow_version_labels_for_unavailable_models and is_new
                if not is_allowed and self._state(name, one.value) != AVAILABLE:
                    text = f"Request to assign label to version {one.value} of model {name}"
                    raise Refused("FAILED_PRECONDITION", f"{text}, which is not currently available for inference")
                found.setdefault(name, {})[one.key] = one.value
        self._labels = found

    def _state(self, name: str, version: int) -> str:
        return self._states.get(name, {}).get(version, ("", ""))[0]

    def _poll(self) -> None:
        """FileSystemStoragePathSource: of each model the versions that its policy wants and that are there."""
        with self._lock:
            for name, model in self._source.items():
                try:
                    children = {int(one): os.path.join(model.base_path, one) for one in os.listdir(model.base_path)
                                if re.fullmatch(r"[0-9]+", one)}  # fmt: skip
                except OSError:  # "Could not find base path": nothing is unloaded for that
                    continue
                self._aspired[name] = {one: children[one] for one in self._wanted(model, children)}
            self._manage()

    def _wanted(self, model, children: dict[int, str]) -> list[int]:
        policy = model.model_version_policy
        if policy.HasField("specific"):
            return [one for one in policy.specific.versions if one in children]
        return sorted(children) if policy.HasField("all") else sorted(children)[-(policy.latest.num_versions or 1):]

    def _manage(self) -> None:
        """AspiredVersionsManager with AvailabilityPreservingPolicy: a version goes when another of its model answers."""
        for name, wanted in self._aspired.items():
            states = self._states.setdefault(name, {})
            for version, path in wanted.items():
                if self._state(name, version) in ("", END) and (name, version) not in self._failed:
                    states[version] = (START, "")
                    self._threads.submit(self._load, name, version, path)
            may_go = not wanted or any(self._state(name, one) == AVAILABLE for one in wanted)
            for version, (state, _) in list(states.items()):
                if version in wanted:
                    continue
                self._failed.discard((name, version))
                if state == AVAILABLE and may_go:
                    states[version] = (UNLOADING, "")
                    self._threads.submit(self._unload, name, version)

    def _load(self, name: str, version: int, path: str) -> None:
        from registry.artifacts import runtime

        with self._lock:
            self._states[name][version] = (LOADING, "")
        time.sleep(self._options.loading_seconds)
        try:
            if not os.path.exists(os.path.join(path, "saved_model.pb")):
                raise ValueError(f"Could not find SavedModel .pb or .pbtxt at supplied export directory path: {path}")
            if version == self._options.unloadable:
                raise ValueError("Op type not registered 'Magic' in binary")
            loaded, found = runtime.load(Path(path)), (AVAILABLE, "")
        except Exception as error:
            loaded, found = None, (END, " ".join(str(error).split()))
        with self._lock:
            if loaded is None:
                self._failed.add((name, version))
            else:
                self._loaded[name, version] = loaded
            self._states[name][version] = found

    def _unload(self, name: str, version: int) -> None:
        with self._lock:
            self._loaded.pop((name, version), None)
            self._states[name][version] = (END, "")

    def _await(self, names) -> None:
        """WaitUntilModelsAvailable: until one version of each answers, or all of them have failed."""
        for name in names:
            while self._aspired.get(name):
                states = [self._state(name, one) for one in self._aspired[name]]
                if AVAILABLE in states:
                    break
                if set(states) == {END}:
                    raise Refused("UNKNOWN", f"1 model(s) did not become available: {{{name}}}")
                time.sleep(0.002)

    def which(self, name: str, version: str | None, label: str | None) -> int | None:
        """ServableRequestFromModelSpec: by its number, by a label, or the largest that answers."""
        if label is not None:
            if self._labels is None:
                raise Refused("UNAVAILABLE", f"Model labels does not init yet.{label}")
            if label not in self._labels.get(name, {}):
                raise Refused("INVALID_ARGUMENT", f"Unrecognized servable version label: {label}")
            return self._labels[name][label]
        return int(version) if version else None

    def status(self, name: str, version: int | None) -> dict:
        """GetModelStatus, whose states are also those of versions that are long gone."""
        with self._lock:
            found = {one: state for one, state in self._states.get(name, {}).items() if version in (None, one)}
        if not found:
            what = f"version {version}" if version else "any versions"
            raise Refused("NOT_FOUND", f"Could not find {what} of model {name}")
        return {"model_version_status": [
            {"version": str(one), "state": state, "status": {"error_code": "UNKNOWN" if why else "OK", "error_message": why}}
            for one, (state, why) in sorted(found.items(), reverse=True)
        ]}  # fmt: skip

    def metadata(self, name: str, version: int | None) -> dict:
        """GetModelMetadata, but for what it says of signatures: which version answers."""
        return {"model_spec": {"name": name, "signature_name": "", "version": str(self._ready(name, version))}, "metadata": {}}

    def _ready(self, name: str, version: int | None) -> int:
        """GetUntypedServableHandle: a version that is loaded."""
        with self._lock:
            ready = sorted(one for model, one in self._loaded if model == name)
        number = version if version is not None else (ready or [None])[-1]
        if number not in ready:
            which = f"Specific({name}, {version})" if version is not None else f"Latest({name})"
            raise Refused("NOT_FOUND", f"Servable not found for request: {which}")
        return number

    def predict(self, name: str, version: int | None, body: bytes) -> bytes:
        """Answer :predict."""
        from registry.protocols import tfserving

        with self._lock:
            loaded = self._loaded[name, self._ready(name, version)]
        form, arrays = tfserving.read(body, loaded.inputs)
        return tfserving.write(form, loaded(arrays))


class Call(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece: of two the second would wait for the client's word about the first

    def _answer(self) -> None:
        from registry.protocols.refusals import RequestError

        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            status, content = 200, self._content(body)
        except Refused as error:
            status, content = error.status, json.dumps({"error": error.text}).encode()
        except RequestError as error:
            status, content = error.status, json.dumps({"error": str(error)}).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer  # noqa: N815

    def _content(self, body: bytes) -> bytes:
        core, found = self.server.core, PATH.fullmatch(unquote(self.path))
        if found is None or bool(found[4]) != (self.command == "POST"):
            raise Refused("INVALID_ARGUMENT", f"Malformed request: {self.command} {self.path}")
        name, version, label, method, told = found.groups()
        number = core.which(name, version, label)
        if method:
            return core.predict(name, number, body)
        return json.dumps((core.metadata if told else core.status)(name, number), indent=1).encode()

    def log_message(self, *_: object) -> None:
        pass


class Listening(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def options(words: list[str] | None = None) -> argparse.Namespace:
    """Return what the command line says; the words are TensorFlow Serving's, but for one."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--rest_api_port", type=int, default=0)
    parser.add_argument("--model_config_file", required=True)
    parser.add_argument("--model_config_file_poll_wait_seconds", type=float, default=0)
    parser.add_argument("--file_system_poll_wait_seconds", type=float, default=1)
    parser.add_argument("--allow_version_labels_for_unavailable_models", action="store_true")
    parser.add_argument("--loading_seconds", type=float, default=0, help="the stand-in's own: how long each version takes")
    parser.add_argument("--unloadable", type=int, default=0, help="the stand-in's own: the version that it can't load")
    return parser.parse_args(words)


def main() -> None:
    sys.path.insert(0, str(SCRIPTS))
    chosen = options()
    core = Core(chosen)
    try:
        core.start()
        core.follow()
    except Refused as error:
        sys.exit(f"Failed to start server. Error: {error}")
    with Listening(("127.0.0.1", chosen.rest_api_port), Call) as server:
        server.core = core
        print(f"Exporting HTTP/REST API at:\n  http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
