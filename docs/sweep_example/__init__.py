"""What an uncertain year does to a plan: the page docs/sweep-example.md, made from real price histories."""
