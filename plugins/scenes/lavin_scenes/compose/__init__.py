"""What is put into scenes, and where."""
