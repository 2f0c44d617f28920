"""Who may have what of whose reads: promises, documents, shares, brakes, openings, what is true of agencies, what left."""
