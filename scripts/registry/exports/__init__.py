"""A model's own code, run, and what its train() returned made an artifact, one module a kind; how rows come about belongs to loading, trainings to learning."""
