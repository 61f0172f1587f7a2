"""The rows of the programme, one family a module; each docstring is the inequality that it adds."""
