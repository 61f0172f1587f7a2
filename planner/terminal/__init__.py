"""What is printed for people: one function per section, each returning a rich renderable."""
