"""What can be bought and rented by default: figures with their source and date, read when first asked for."""
