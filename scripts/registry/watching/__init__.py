"""Whether a version that is tried does well: figures that servers count, and what follows for it; trials begin and end in deploying."""
