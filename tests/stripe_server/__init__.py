"""A stand-in for Stripe over HTTP, made from any landing folder: see server.py."""
