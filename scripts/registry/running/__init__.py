"""Models in a process of their own, and what follows when it dies; which models there are and HTTP belong to serving."""
