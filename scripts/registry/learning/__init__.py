"""From a spec to a candidate, by processes of their own: training, folds, what is handed over; making rows belongs to loading, judging to examining."""
