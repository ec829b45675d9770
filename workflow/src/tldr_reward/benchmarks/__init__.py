"""Benchmarks through lm-evaluation-harness: its tasks, our parsers, a backbone as its model."""
