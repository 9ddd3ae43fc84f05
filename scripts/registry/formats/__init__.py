"""YAML, JSON and Markdown as text, whatever they are about; what a document means belongs to the room of its noun."""
