"""One module per subject of the command line; each exports a Typer `app` or a command function."""
