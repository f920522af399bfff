"""What is known of a scene's pictures, computed from what the rays met."""
