"""Hot lists: entries, files, who may match what, and matching reads in the transaction that stores them."""
