"""The ledger to the outside: tiles and checkpoints as files, witnesses, what of bodies is public, successors."""
