"""What a model is trained on: one device as Keras takes it, all of this machine's, or those of several machines."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from registry.machines import clusters
from registry.machines.clusters import Cluster

GPU, CPU = "GPU", "CPU"
NONE = f"takes no TensorFlow, which alone lets machines train together; unset {clusters.VARIABLE}"
LATE = (
    "can't train together with other machines, since its file computes something while it is imported; do it in train()"
)


class Devices:
    """The devices that a model is trained on, in a process that imported its code and computed nothing yet.

    Where there are several, TensorFlow holds a copy of the weights on each, gives each its share of every batch, and
    adds up what they learn of it. `alone` leaves other machines out.
    """

    def __init__(self, *, alone: bool) -> None:
        """Find them; raise ValueError, which says it of train(), where machines can't train together."""
        told = os.environ.pop(clusters.VARIABLE, None) if alone else os.environ.get(clusters.VARIABLE)
        self.cluster = clusters.read(None if alone else told)
        tensorflow = sys.modules.get("tensorflow")
        if self.cluster.workers > 1 and not tensorflow:
            raise ValueError(NONE)
        self.names = _names(tensorflow) if tensorflow else []
        self._strategy = _strategy(tensorflow, self.cluster, len(self.names)) if tensorflow else None

    @contextmanager
    def used(self) -> Iterator[None]:
        """Let what is made meanwhile be made on all of them."""
        if self._strategy is None:
            yield
        else:
            with self._strategy.scope():
                yield

    def left_by(self, model: object) -> object:
        """Return what was trained, which answers from now on by itself: on one device, and without other machines."""
        if self._strategy is not None and isinstance(model, sys.modules["keras"].Model):
            model._distribute_strategy = model.predict_function = None
        return model


def _physical(tensorflow: ModuleType) -> list:
    """Return the devices that TensorFlow trains on, without starting it: after that its threads are what they are."""
    return tensorflow.config.list_physical_devices(GPU) or tensorflow.config.list_physical_devices(CPU)


def _names(tensorflow: ModuleType) -> list[str]:
    """Return what each device is called; a model's code may have made several of one."""
    found = []
    for one in _physical(tensorflow):
        name = CPU.lower()
        if one.device_type == GPU:
            name = tensorflow.config.experimental.get_device_details(one).get("device_name", GPU)
        found += [name] * len(tensorflow.config.get_logical_device_configuration(one) or [one])
    return found


def _strategy(tensorflow: ModuleType, cluster: Cluster, count: int):
    """Return how TensorFlow trains on several devices; None for one, of which Keras needs to be told nothing."""
    if cluster.workers > 1:
        from registry.machines import keraspatch

        keraspatch.apply()
        try:
            return tensorflow.distribute.MultiWorkerMirroredStrategy()
        except RuntimeError as error:
            raise ValueError(LATE) from error
    if count < 2:
        return None
    kind = _physical(tensorflow)[0].device_type
    return tensorflow.distribute.MirroredStrategy([one.name for one in tensorflow.config.list_logical_devices(kind)])
