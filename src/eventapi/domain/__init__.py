"""The business rules of selling places at events: pure Python, standard library only.

Start with `event.py`, the aggregate that decides about sales.
"""
