"""Measurements: a generator of manifest trees, baselines, and the ratios that the project promises."""
