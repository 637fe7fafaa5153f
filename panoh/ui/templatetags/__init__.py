"""Template tags of the frame and the components."""
