"""Shapes of what is typed at the desk, one module for each part of the main job."""
