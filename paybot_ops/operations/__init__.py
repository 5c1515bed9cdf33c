"""The story of each command: observe, plan, show, confirm, apply. No Typer here, and no decision that could be pure."""
