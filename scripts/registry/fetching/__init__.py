"""Files out of packages and stores, fetched without trust in them; which are wanted, and their digests, belong to specs."""
