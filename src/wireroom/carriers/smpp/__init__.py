"""Carriers that speak SMPP 3.4: the PDUs, their bytes, a session without a socket, what the words mean.

Everything in here so far is pure: bytes in, bytes out, milliseconds of machine time in. `client` and `server`
will be the thin shells that own sockets.
"""
