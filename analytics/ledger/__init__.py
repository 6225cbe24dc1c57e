"""The ledger's file: what it holds, who owns it, and whether the log goes on from it."""
