"""Metrics and statistics in NumPy; never loads a model."""
