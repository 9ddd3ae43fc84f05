"""The rows of a model: load() of its data.py run, what it returns checked, split and stored; what needs no code of a model belongs to tables."""
