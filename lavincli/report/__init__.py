"""What an evaluation found, for people: plots, and one HTML file that opens without a network."""
