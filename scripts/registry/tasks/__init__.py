"""What a model of each task is asked, gives, and is measured by; how sure a measure is belongs to scoring."""
