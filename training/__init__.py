"""Training of the plate detector and the recogniser: drawing, nets, loops, export and measuring; never imported by the package."""
