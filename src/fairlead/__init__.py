"""Fairlead: a sales CRM engine that speaks the LeadSquared HTTP API."""
