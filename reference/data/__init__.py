"""Image sets in the file formats in which courses hand them out."""
