"""The AWS dialect: JSON 1.0 in and out, errors, signatures. Knows shapes, knows no resource."""
