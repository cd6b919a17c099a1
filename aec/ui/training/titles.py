"""Titles and captions of the choices in the training form."""

SPLIT_TITLES = {
    "speaker": "Unseen speakers",
    "random": "Random clips",
    "corpus": "One corpus against the rest",
}
SPLIT_CAPTIONS = {
    "speaker": "No speaker is in both training and test: the score holds for new voices.",
    "random": "Optimistic: speakers are on both sides.",
    "corpus": "Trains on the other corpora: new voices, new recordings.",
}
MODEL_TITLES = {"mlp": "MLP", "cnn": "CNN", "rnn": "RNN", "crnn": "CRNN"}
PARALLEL_TITLES = {"data": "Data: each has a copy and a share of each batch", "model": "Model: each has a part of it"}
FEATURE_TITLES = {"mfcc": "MFCCs", "logmel": "Log-mel spectrogram"}
