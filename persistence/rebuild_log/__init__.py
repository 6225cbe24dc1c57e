"""The log's stream made anew from the archive, after it was lost or cannot be opened."""
