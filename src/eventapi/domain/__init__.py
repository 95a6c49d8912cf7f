"""The business of selling places at events: pure Python, standard library only.

Start with :mod:`eventapi.domain.event`; it is the heart of the house.
"""
