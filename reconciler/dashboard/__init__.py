"""The dashboard: what people look at. Pages over the project and its store, and the actions that an operator may take."""
