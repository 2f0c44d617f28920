"""A household's node: what it begins with, the own list, what its cameras may keep, what is seen of it, its law."""
