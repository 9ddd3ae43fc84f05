"""What the verbs know: models, releases, environments, and how they hang together."""
