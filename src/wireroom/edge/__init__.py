"""HTTP in: the server, the door in front of it, and the chain that one AWS request goes through."""
