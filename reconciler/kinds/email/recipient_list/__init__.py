"""A list of recipients read from a data source."""
