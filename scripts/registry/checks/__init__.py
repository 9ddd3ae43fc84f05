"""What a branch must pass: documents held against each other, what it changes, the gate; one document alone: its room."""
