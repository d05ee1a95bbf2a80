"""What is read of every wanted Stripe object, as data, and its translation to SQL."""
