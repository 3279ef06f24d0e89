"""Read and write campaign files and spreadsheets. Pure."""
