"""What the graph of a model does, read from its bytes without running it; the packed model and what runs it belong to artifacts."""
