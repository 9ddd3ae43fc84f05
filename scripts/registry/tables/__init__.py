"""What load() returned, as values: checked, hashed, split and compared; nothing of specs, models, processes or files."""
