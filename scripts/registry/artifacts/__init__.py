"""The packed model: the archive, what runs it, its golden predictions and training rows; how it came about belongs to learning."""
