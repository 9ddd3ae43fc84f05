"""What runs where: manifests, pins, targets and the plan between them; the pull requests that pin belong to pulls."""
