"""The agent beside a server: main followed step by step, rounds, what is said of them, its own update; how a target is made to run what is pinned belongs to deploying."""
