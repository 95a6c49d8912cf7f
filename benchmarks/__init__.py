"""How many tickets are sold per second: ``make bench``.

Everything is measured in one run on one machine, because only the ratios are
comparable between machines.
"""
