"""Answers about versions, with what GitHub or a release's files know beside Git; what Git alone tells is the chronicle's."""
