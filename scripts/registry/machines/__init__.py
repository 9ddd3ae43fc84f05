"""What training runs on, and what outlives it: devices, machines that train together, checkpoints; processes belong to workers."""
