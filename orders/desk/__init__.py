"""What the shop's people see of orders in the back office."""
