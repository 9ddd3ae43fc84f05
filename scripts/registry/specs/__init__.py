"""What a person wants of a model: the spec, its code as text, its data and its fingerprint; nothing here runs a model."""
