"""What happened in four cities of California, told again with Plateward in between: by rule, over the API, on the command line."""
