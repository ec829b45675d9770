"""Synthetic negatives: minimal edits of a text in the paper's eight taxonomies (section 4)."""
