"""What users see and turn under /_wireroom/: health, the texts that were sent, reset, keys, and a page."""
