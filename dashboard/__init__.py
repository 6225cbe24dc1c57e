"""The Dash app: `state` is what it knows, `archive` whom it asks, `pages` what it shows."""
