"""Pulling Stripe's objects over its API into the landing area, page by page, so that it can be interrupted anywhere.

``types`` says what is read and how, ``api`` makes the calls, ``jsontext`` keeps every object verbatim, ``state``
remembers what has been read, ``spool`` writes files, ``follow`` says what an object calls for next, ``windows`` cuts
billing periods into meter windows, ``pull`` puts these together. The way in is ``tieout.sources.stripe_api``.
"""
