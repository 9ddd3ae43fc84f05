"""A model's own code, run, and what its train() returned made an artifact, one module a kind; how rows and trainings come about belongs to learning."""
