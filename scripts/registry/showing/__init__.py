"""What people are shown of a report: its summary, table and charts as values, and Markdown of them; how good it is belongs to judging."""
