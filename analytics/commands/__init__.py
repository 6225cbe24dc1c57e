"""What an operator runs: recount, verify, tills."""
