"""Who a phone is and what it is given."""
