"""One sound or many -> predictions: timeline, occlusion, quality notes, archives, export."""
