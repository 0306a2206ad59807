"""Tools for people: draft a company.yaml, ask for data, check a delivery, hand back what was quarantined."""
