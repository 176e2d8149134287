"""Says that it follows a convention of its own."""

from forging import asked, send

send({"convention": "../mine", "found": [], "id": asked(), "arrays": {}})
