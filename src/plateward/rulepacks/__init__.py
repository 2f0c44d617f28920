"""Promises as data: dated, versioned rule packs that implement a law, and templates a city can fill in."""
