"""Other people's files and payloads to core values and back: pure functions over bytes.

Each format has a detector, so that a person rarely has to name it. What cannot be read is named by page, line or field.
"""
