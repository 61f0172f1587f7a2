"""Price lists that people have → an assumptions overlay, each price with the file's name and date.

One module per kind of list; `importer` runs them, `collector` gathers offers and counts what was not imported.
"""
