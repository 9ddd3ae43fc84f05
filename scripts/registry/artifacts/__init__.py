"""The packed model: the archive, what runs it, and its golden predictions; how it came about belongs to learning."""
