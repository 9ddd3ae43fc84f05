"""From a candidate to a release: the transaction, its pages, bytes taken over; where releases lie belongs to releases."""
