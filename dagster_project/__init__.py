"""Bookworth: what a company's customer book is worth."""
