"""Drawn plates: letters, designs, what a camera does to them, and whole scenes; all from one random generator."""
