"""WINDOWS: plans, resources and definitions as text, JSON, Markdown and pictures."""
