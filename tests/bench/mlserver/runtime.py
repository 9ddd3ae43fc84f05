"""The same LiteRT model in MLServer: the smallest runtime that its documentation asks for."""

import numpy
from ai_edge_litert.interpreter import Interpreter
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Lite(MLModel):
    async def load(self) -> bool:
        interpreter = Interpreter(model_path=self.settings.parameters.uri)
        self._signature = interpreter.get_signature_runner("serving_default")
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        image = NumpyCodec.decode_input(payload.inputs[0]).astype(numpy.float32)
        outputs = [NumpyCodec.encode_output(name, array) for name, array in self._signature(image=image).items()]
        return InferenceResponse(model_name=self.name, outputs=outputs)
