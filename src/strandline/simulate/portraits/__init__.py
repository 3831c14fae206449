"""What galaxies and their debris look like above the atmosphere; `draw.draw` is the door."""
