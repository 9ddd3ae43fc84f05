"""The examination of a packed model: the judge, a model's own checks and metrics; what is computed of its answers belongs to scoring and tasks."""
