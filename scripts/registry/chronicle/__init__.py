"""What happened, as Git tells it: events, and what was pinned when; what only GitHub or a release's files know does not."""
