"""What is trained on: a dataset as it is published, or the user's own files → prepared clips with captions."""
