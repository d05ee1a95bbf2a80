"""A second opinion on every expected invoice: a rater in plain Python, written from Stripe's documented behaviour.

It shares no code with the SQL models and works in another way: it walks one subscription through time, event by event,
in fractions and integers, where the models join sets.
"""
