"""What is done about payments: starting, settling, giving back, comparing with the provider."""
