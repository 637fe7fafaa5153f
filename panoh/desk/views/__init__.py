"""Pages of the desk, one module for each part of the main job."""
