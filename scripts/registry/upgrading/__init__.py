"""A newer version of the template for a repository made from it: what is whose, versions and digests, the merge, documents in newer shapes; the pull request belongs to pulls."""
