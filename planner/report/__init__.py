"""A plan for people who do not run it: page, pictures, workbook, Markdown, cost rows. Reads plan.json."""
