"""How sure a measured value is: intervals and claims; what is asked of it, and what follows, is known in judging."""
