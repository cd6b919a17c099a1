"""What the pages share and what needs Streamlit: inputs, cached models and scans, and how things are shown."""
