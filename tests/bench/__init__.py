"""Speed, side by side with a peer in the same run: `make bench`. Ratios, never absolute limits."""
