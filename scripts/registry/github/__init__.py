"""GitHub as a server: its API, answers, limits, transfers, runs and settings; what is kept there belongs to releases and pulls."""
