"""From a spec to a candidate: rows, training, evaluation; how code of a model is run and its model exported belongs to exports."""
