"""Says that it follows a convention of its own, for the suite to run."""

from forging import asked, send

send({"convention": __file__, "found": [], "id": asked(), "arrays": {}})
