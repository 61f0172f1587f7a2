"""Many reruns of one run: grids of assumptions and random draws of them, and what they say together."""
