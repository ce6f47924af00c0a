"""How a message comes into being; called by operations and by the line alike."""
