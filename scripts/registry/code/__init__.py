"""Code as text: what it imports, and what train() and load() say of their arguments; what a spec asks of them belongs to specs."""
