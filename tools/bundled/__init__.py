"""How the bundled model is made: who is tested when, what is heard, what is trained, what the card says."""
