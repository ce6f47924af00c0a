"""Who takes a message off our hands. Knows neither the store nor the bus: `delivery` brings both together."""
