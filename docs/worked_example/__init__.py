"""docs/worked-example.md from real data: `make worked-example DATA=folder`."""
