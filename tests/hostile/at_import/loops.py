"""Is never done being loaded."""

while True:
    pass
