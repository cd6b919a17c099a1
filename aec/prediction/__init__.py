"""From a sound to a prediction: timeline, occlusion, quality notes, export."""
