"""Commands of the room that need neither broker nor state."""
