"""One module a step, oldest first by its number; none is changed once it is released."""
