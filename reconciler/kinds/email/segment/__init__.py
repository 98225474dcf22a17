"""The part of a recipient list that meets a condition."""
