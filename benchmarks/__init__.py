"""How fast tickets are sold: ``make bench``.

Everything is measured in one run on one machine, because only the ratios mean
something elsewhere.
"""
