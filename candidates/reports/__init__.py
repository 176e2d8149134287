"""One file a report format; each turns a verdict (plain data, schema 1) into text."""
