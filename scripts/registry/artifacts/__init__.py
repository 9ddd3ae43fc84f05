"""The packed model: the archive, what runs it, what checks it; how it came about belongs to learning."""
