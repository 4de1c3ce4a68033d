"""The commands of `foanil`, one module for each family; each imports what it needs only when it is called."""
