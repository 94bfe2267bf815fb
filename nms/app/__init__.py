"""The roof: where objects are built, the command line, the scheduler and the demo network."""
