"""The dashboard: Streamlit pages that only read published snapshots. Entry: `app/dashboard/main.py`."""
