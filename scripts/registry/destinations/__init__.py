"""What an environment really runs, whatever kind it is of: observed, changed, proven; when that is done, and whether it does well there, belongs to deploying."""
