"""What people are shown of a report, as values: its summary, table and charts; Markdown is made of them in judging."""
