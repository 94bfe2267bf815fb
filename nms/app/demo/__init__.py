"""The built-in demo: simulated devices behind real UDP sockets, an ordinary network to the rest of the program."""
