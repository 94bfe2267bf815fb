"""Acts from the spreadsheet that a lawyer has: read, its columns understood, judged, kept for another officer."""
