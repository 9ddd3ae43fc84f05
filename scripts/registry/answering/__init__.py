"""Answers about versions and where they are, by what GitHub, files and machines know beside Git; Git alone is chronicle's."""
