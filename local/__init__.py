"""All of Tillstream on one machine without Docker: private servers, every room, supervised."""
