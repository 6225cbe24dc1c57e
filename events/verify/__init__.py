"""The proof of the windows: counted again from archive and log, compared row by row."""
