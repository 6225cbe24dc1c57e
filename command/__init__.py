"""The one command `tillstream`: finds the running system and gives it the rooms' commands."""
