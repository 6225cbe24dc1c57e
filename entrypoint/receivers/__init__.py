"""What other vendors' shops and tills send: checked by its signature, and published as it came."""
