"""The dashboard: page settings and navigation."""

import streamlit as st

from aec.errors import AecError
from aec.ui.garbage_collection import freeze_long_lived
from aec.ui.job_panel import show_job_panel
from aec.ui.messages import show_error
from aec.ui.secrets import export_secrets

export_secrets()

# Drawn here because a named icon would be fetched from a font server on every visit.
ICON = """<svg viewBox="0 0 24 24" stroke="#0072B2" stroke-width="3" stroke-linecap="round">
<path d="M3 10v4M8 6v12M13 3v18M18 8v8M22 11v2"/></svg>"""

st.set_page_config(page_title="Audio Emotion Classifier", page_icon=ICON, layout="wide")

PAGES = [
    st.Page("pages/overview.py", title="Overview", icon=":material/home:", url_path="overview", default=True),
    st.Page("pages/dataset.py", title="Dataset", icon=":material/library_music:", url_path="dataset"),
    st.Page("pages/benchmark.py", title="Benchmark", icon=":material/speed:", url_path="benchmark"),
    st.Page("pages/training.py", title="Training", icon=":material/model_training:", url_path="training"),
    st.Page("pages/prediction.py", title="Prediction", icon=":material/graphic_eq:", url_path="prediction"),
]

try:
    page = st.navigation(PAGES)
    show_job_panel()
    page.run()
    freeze_long_lived()
except AecError as error:
    # Pages show errors where they arise; the rest, such as a wrong setting, ends here.
    show_error(error, title="This page cannot be shown")
