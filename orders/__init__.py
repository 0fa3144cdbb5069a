"""What was sold: orders, line items, customers."""
