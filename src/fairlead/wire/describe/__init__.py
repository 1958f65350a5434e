"""The API described from its registry: OpenAPI document, reference pages, coverage table.

Nothing here serves a request of the API, so nothing imports it before somebody asks for a description.
`python -m fairlead.wire.describe` writes the pages of docs/reference; `--check` says which are out of date.
"""
