"""What is released: tags, and the stores that hold the bytes; how a candidate becomes a release belongs to publishing."""
