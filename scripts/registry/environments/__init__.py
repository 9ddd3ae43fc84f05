"""What should run where: manifests, pins and the plan between them and what runs; targets belong to deploying, the pull requests that pin to pulls."""
