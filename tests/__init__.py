"""Tests mirror the tree; `worlds`, `soak` and `bench` are programs of their own."""
