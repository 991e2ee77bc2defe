"""Is the space good?"""
