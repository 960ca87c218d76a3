"""The jobs headrace does for its users, put together from the rooms below: what command line and Python both call."""
