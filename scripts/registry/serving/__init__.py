"""Answering predictions over HTTP for what an environment's directory holds; what clients say belongs to protocols."""
