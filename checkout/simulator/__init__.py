"""The embedded stand-in for Stripe: the same library, the same answers, and no money."""
