"""DSFinV-K 2.4: what German tills export, a ZIP or a folder of CSV files."""
