"""Hand-over between the stages of the line, and the live feed of what happens."""
