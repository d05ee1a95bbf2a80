"""Measurements, as ratios within one run of the machine: `make bench`. Not collected by pytest."""
