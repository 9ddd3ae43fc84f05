"""What GitHub is told of what runs: one issue an environment, one comment for a version that was tried; what runs, and how it did, is found out in deploying."""
