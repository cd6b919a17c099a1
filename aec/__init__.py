"""Emotion in speech: from a folder of clips to an honest score and a calibrated prediction.

The modules follow the way of the data: files, table of clips, features, model, report, prediction.
"""

__version__ = "0.1.0"
