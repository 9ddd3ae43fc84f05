"""Answering predictions over HTTP for what an environment's directory holds; running a model belongs to artifacts."""
