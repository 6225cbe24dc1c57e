"""A made-up German bakery's DSFinV-K export, with closings that agree."""
