"""What answers queries fast: the published arithmetic, computed with less work; and approximations that say so."""
