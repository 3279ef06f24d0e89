"""The record of every letter: tables, transactions and the statements on them."""
