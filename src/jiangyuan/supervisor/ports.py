"""Free TCP ports on this machine."""

import socket


def free_port(preferred: int | None = None) -> int:
    """Return `preferred` when nobody listens there on 127.0.0.1, else a port the system gives."""
    if preferred is not None and port_is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Return whether a server may listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        # a port in TIME_WAIT can be listened on again, as the servers themselves do
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
