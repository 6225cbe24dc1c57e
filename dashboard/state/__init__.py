"""What the dashboard knows now: the model of the day, the feed that fills it, its parts."""
