"""Leads as CSV files, in and out, in the console.

`uploads` and `cells` know the format, `mapping` what a column means, `rules` decide rows by the plans of the API,
`importer` and `exporter` work on runs in the background of the server (`crew`).
"""
