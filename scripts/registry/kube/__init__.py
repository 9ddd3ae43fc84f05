"""Kubernetes as a server: calls, objects and leases; what a version's way to a cluster is belongs to destinations."""
