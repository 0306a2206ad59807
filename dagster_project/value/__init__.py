"""What the book will still bring in: models of purchases, margins, renewals and follow-on work. Arrays in, parameters
out."""
