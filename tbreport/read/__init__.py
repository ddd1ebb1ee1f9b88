"""Reading: event files and what lies beside them, to the values of model.py."""
