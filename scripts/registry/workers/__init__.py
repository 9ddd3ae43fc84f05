"""Processes of a build: started, given jobs, held to what they may take, ended; what they do belongs to learning."""
