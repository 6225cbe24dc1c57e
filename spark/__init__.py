"""Tillstream's logs on Spark Structured Streaming, for a chain that outgrows one machine."""
