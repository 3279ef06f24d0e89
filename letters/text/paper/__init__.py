"""Put letters on paper: what the fonts lack, the sheet, and the PDF."""
