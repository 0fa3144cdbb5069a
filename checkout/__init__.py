"""How it is paid: carts, checkout sessions, the payment gateway."""
