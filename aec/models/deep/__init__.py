"""Networks in PyTorch: the only modules that import it."""

import os

# The exporter's C++ warns of what the check of the exported file rules out; set before PyTorch is loaded.
os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
# OpenMP threads that wait would otherwise spin: beside other work two of them then take ten times as long as one.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
