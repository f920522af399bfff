"""Where the value of an option comes from: flag, environment, `--config FILE`, user's file, default, in this order."""
