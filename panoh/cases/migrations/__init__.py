"""Tables of the room, in order."""
