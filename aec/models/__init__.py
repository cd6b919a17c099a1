"""Model files, their cards and checks; training and export of MLP and networks."""
