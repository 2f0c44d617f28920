"""A synthetic town: streets, readers, drivers, officers, partners. Seeded and reproducible; no real person or plate."""
