"""From a spec to a candidate: processes, rows, training, evaluation; the only room that runs code of a model."""
