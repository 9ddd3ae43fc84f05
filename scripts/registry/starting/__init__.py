"""What `new` starts a model with: what a CSV file's labels are, and what fits them; what a spec must be belongs to specs."""
