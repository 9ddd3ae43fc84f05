"""Released versions as OCI images, which clusters mount: their bytes, names and registries; releases themselves lie in releases."""
