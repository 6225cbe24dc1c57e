"""What every HTTP service of ours shares: keys, problem documents, request ids, the access log."""
