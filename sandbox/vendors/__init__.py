"""The services through which businesses write to WhatsApp: Wazzup24 and Green-API, as far as a CRM uses them."""
