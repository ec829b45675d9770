"""The paper's tables and figures, made from CSV and JSON files."""
