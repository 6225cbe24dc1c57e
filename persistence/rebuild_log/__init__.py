"""The log mended from the archive: made anew after it was lost, or given what it lacks."""
