"""Readers and cameras: who they are, what they deliver signed or in their makers' words, how they do, what is set apart."""
