"""The Prediction page: ways to give a clip, the model that answers, the answers and their history."""
