"""Models: the one file format and what runs it; the families that train and export into it."""
