"""What deploy writes for TensorFlow Serving, and what the stand-in reads, by the definitions of tensorflow-serving-api."""

from pathlib import Path

import tensorserver
from google.protobuf import text_format
from google.protobuf.descriptor import Descriptor
from stages import TensorFlowServingStage
from tensorflow_serving.config import model_server_config_pb2

from registry.protocols import modelconfig
from registry.protocols.modelconfig import Entry

REAL = model_server_config_pb2.ModelServerConfig
KINDS = {number: kind for kind, number in tensorserver.KINDS.items()}


def parsed(text: str) -> model_server_config_pb2.ModelServerConfig:
    return text_format.Parse(text, REAL())


def test_the_file_says_what_was_meant_whatever_the_folder_is_called() -> None:
    folder = '/srv/ünï "a\\b"\n\t\'c\''
    entries = [Entry("digits", folder, (1_000_000, 2**63 - 1), {"canary": 2**63 - 1, "stable": 1_000_000}), Entry("a_b-c", "/x", (1,), {})]
    digits, other = parsed(modelconfig.write("staging", "a1", entries)).model_config_list.config
    assert (digits.name, digits.base_path, digits.model_platform) == ("digits", folder, "tensorflow")
    assert [*digits.model_version_policy.specific.versions] == [1_000_000, 2**63 - 1]
    assert dict(digits.version_labels) == {"canary": 2**63 - 1, "stable": 1_000_000}
    assert (other.name, dict(other.version_labels)) == ("a_b-c", {})
    nothing = parsed(modelconfig.write("staging", "a1", []))
    assert (nothing.WhichOneof("config"), [*nothing.model_config_list.config]) == ("model_config_list", [])
    assert parsed("").WhichOneof("config") is None


def test_what_a_deploy_leaves_is_read_by_the_real_definitions(tmp_path: Path) -> None:
    stage = TensorFlowServingStage(tmp_path)
    stage.pin("1.0.0")
    stage.deploy()
    stage.target().begin(stage.delivery("1.1.0"), 0.1)
    stage.close()
    (found,) = parsed(stage.config.read_text()).model_config_list.config
    assert (found.name, Path(found.base_path)) == ("digits", stage.folder / "digits")
    assert [*found.model_version_policy.specific.versions] == [1_000_000, 1_001_000]
    assert dict(found.version_labels) == {"stable": 1_000_000, "canary": 1_001_000}


def test_the_stand_in_reads_by_the_same_definitions() -> None:
    found: dict[str, Descriptor] = {}

    def collect(message: Descriptor) -> None:
        if message.name in tensorserver.DEFINITIONS and message.name not in found:
            found[message.name] = message
            for field in message.fields:
                if field.message_type:
                    collect(field.message_type)

    collect(REAL.DESCRIPTOR)
    assert found.keys() == tensorserver.DEFINITIONS.keys()
    for name, fields in tensorserver.DEFINITIONS.items():
        real = {field.name: (field.number, KINDS[field.type], field.is_repeated, field.message_type.name if field.message_type else "")
                for field in found[name].fields if field.name in fields}  # fmt: skip
        assert real == fields, name
