"""What could not be archived: kept with its reason, shown, sent again after a fix."""
