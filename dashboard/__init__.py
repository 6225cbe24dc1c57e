"""The Dash app and the feed that moves it."""
