"""What a writer may do after handing in: read, edit, cancel, confirm, erase, send on."""
