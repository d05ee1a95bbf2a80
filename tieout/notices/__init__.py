"""What `tieout watch` does: notices of findings and anomalies, each told once to each receiver, over restarts.

A *look* compares the current snapshot with what a receiver has been told and puts a notice for each difference into
the outbox, in one transaction with the memory of having told it. Delivery takes notices out of the outbox one by one,
in order, each when its receiver has acknowledged it. So a receiver that fails, or a process that dies, loses nothing.
"""
