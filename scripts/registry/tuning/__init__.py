"""Searching for the arguments of train(): what is searched, trials, which are not told apart, how that is shown and written; training a fold belongs to learning."""
