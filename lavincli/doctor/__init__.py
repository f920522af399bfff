"""What this installation and machine are like, and what to do about what is wrong: behind ``lavin doctor``."""
