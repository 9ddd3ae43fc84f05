"""From a plan to what runs: targets, versions on their way to them, and whether they do well; what should run where belongs to environments."""
