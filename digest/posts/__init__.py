"""What goes in: sources, dialects, windows, selection, composition, the editor's file. Nothing that renders."""
