"""Speed as ratios measured in one run, and the making of the weights that ship."""
