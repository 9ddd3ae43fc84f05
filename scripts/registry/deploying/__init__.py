"""From a plan to what runs: rounds, versions on their way and on trial, and who is told; each kind of target belongs to destinations."""
