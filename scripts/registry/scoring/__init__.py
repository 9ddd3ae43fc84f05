"""How good answers are, and how sure that is: metrics with evidence; what follows from both belongs to judging."""
