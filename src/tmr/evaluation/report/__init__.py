"""A run's numbers as one page, as tables and as figures for a paper."""
