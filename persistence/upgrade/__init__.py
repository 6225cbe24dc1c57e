"""What an older Tillstream has left, brought to this version."""
