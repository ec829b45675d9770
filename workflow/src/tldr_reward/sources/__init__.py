"""Real data sets: raw files as their publishers offer them, fetched and turned into records."""
