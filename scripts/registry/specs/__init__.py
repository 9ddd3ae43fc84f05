"""What a person wants of a model: the spec, its data and its fingerprint; its code as text belongs to code."""
