"""The aggregates of the stream `track`: its rows of some hours with what their users did then."""
