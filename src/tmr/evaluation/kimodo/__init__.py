"""The Kimodo Motion Generation Benchmark: its test suites, its rules to the digit, and fair rules beside them."""
