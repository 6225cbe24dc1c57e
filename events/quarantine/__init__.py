"""Rows that the door has refused: listed, shown, and sent again once they are mended."""
