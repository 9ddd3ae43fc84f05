"""Keras 3 as it has to be for fit() on several machines, where it fails by itself: keras-team/keras#20585.

Both ways out reduce a batch, or a loss, over machines along an axis that it does not have there. What each machine has
of its own serves as well: shapes to build the model by, and a loss to print, since the weights learn of all machines by
the optimizer. The test that trains with two processes tells when Keras needs this no more, or something else.
"""

import tensorflow
from keras.src.backend.tensorflow import trainer


def apply() -> None:
    """Let a model be built by its machine's own part of the first batch, and tell that part's loss."""
    trainer.TensorFlowTrainer._maybe_symbolic_build = _build
    trainer._collective_all_reduce_multi_worker = lambda strategy: False


def _build(self, iterator=None, data_batch=None) -> None:
    strategy = self._distribute_strategy
    if strategy is None:
        return
    for _, _, batches in iterator or ():
        own = next(batches)
        data_batch = tensorflow.nest.map_structure(lambda one: strategy.experimental_local_results(one)[0], own)
        break
    with strategy.scope():
        self._symbolic_build(data_batch=data_batch)
