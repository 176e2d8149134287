"""`layerproof grade`: one verdict a submission, the same cases for everyone, and a report."""
