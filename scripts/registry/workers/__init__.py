"""Processes: of a build, started, given jobs, held to what they may take, ended; and copies that share work; what a build does belongs to learning."""
