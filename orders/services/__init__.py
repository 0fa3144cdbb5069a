"""What is done with orders: placing, paying, sending, giving back."""
