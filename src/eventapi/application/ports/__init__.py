"""What the application needs of the world, in its own words.

Every adapter of a port passes the same contract suite (`tests/contracts`).
"""
